using System.Diagnostics;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Engine.LlamaCpp;

/// <summary>The context of a runner with its cells, its host store and its threads, and what the first steps and copies took.</summary>
internal sealed class RunnerMemory : IDisposable
{
    private const int Repeats = 3;
    private readonly LlamaContext context;
    private readonly ComputeThreads? threads;
    private readonly HostStore? host;

    public RunnerMemory(LlamaModel model, LlamaRunnerOptions options)
    {
        Kv = Pools(model, options);
        int ids = options.SequenceIds;
        int tokens = options.Limits.Tokens;
        int count = options.Threads ?? Math.Max(1, Environment.ProcessorCount / 2);
        context = LlamaContext.Create(model, new LlamaContextOptions
        {
            // A sequence that computes its last token again may have one cell more for the length of a step. Fewer cells than ids, or a
            // batch of fewer tokens, end the process.
            Cells = Math.Max((Kv.DeviceBlocks * Kv.BlockSize) + options.Limits.Sequences, ids),
            BatchTokens = Math.Max(tokens, ids),
            Sequences = ids,
            Threads = count,
            FlashAttention = options.FlashAttention,
            WideKv = options.WideKv,
            KvOnGpu = options.GpuLayers != 0,
        });
        try
        {
            threads = ComputeThreads.Attach(context.Pointer, count);
            Batch = new TokenBatch(context.Pointer, tokens);
            var memory = new CellMemory(context.Memory, ids);
            BlobLayout layout = TryOut(memory, tokens);
            if (Kv.HostBlocks > 0)
            {
                host = new HostStore(context.Pointer, memory, layout, scratch: ids - 1, Kv.BlockSize, Kv.HostBlocks);
                Copy = MeasureCopies(memory, host);
            }

            memory.Clear();
            Cells = new KvCells(memory, host, Kv.BlockSize, Kv.DeviceBlocks);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The pools in blocks.</summary>
    public KvOptions Kv { get; }

    /// <summary>The tokens of a step.</summary>
    public TokenBatch Batch { get; } = null!;

    /// <summary>Who holds which cells.</summary>
    public KvCells Cells { get; } = null!;

    /// <summary>A straight line through a step of one token and one of many.</summary>
    public ILatencyModel Latency { get; private set; } = null!;

    /// <summary>How long blocks take to the host and back.</summary>
    public CopyModel Copy { get; } = new(PerBlock: 1, PerCopy: 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        host?.Dispose();
        Batch?.Dispose();
        context.Dispose();
        threads?.Dispose();
    }

    private static KvOptions Pools(LlamaModel model, LlamaRunnerOptions options)
    {
        long perToken = model.KvNumbersPerToken * (options.WideKv ? 4 : 2);
        long hostFree = HostMemory.Available();
        LlamaDevice? gpu = options.GpuLayers == 0 ? null : LlamaLibrary.Load().Devices.FirstOrDefault(device => device.IsGpu);
        long most = (gpu is null ? hostFree / 4 : gpu.Memory().Free / 2) / perToken;
        long tokens = options.KvTokens ?? Math.Clamp(most, options.BlockSize, gpu is null ? 8192 : 65536);
        long hostTokens = options.HostTokens ?? Math.Min(2 * tokens, hostFree / 4 / perToken);
        if (options.HostTokens is { } asked && asked * perToken > hostFree)
        {
            throw new ModelUnusableException(
                $"{asked} tokens of KV on the host need {(asked * perToken) >> 20} MiB, but {hostFree >> 20} MiB are free on this machine. "
                + $"Ask for at most {hostFree / perToken} tokens");
        }

        return new KvOptions
        {
            BlockSize = options.BlockSize,
            DeviceBlocks = (int)(tokens / options.BlockSize),
            HostBlocks = (int)(hostTokens / options.BlockSize),
            Holders = options.Holders,
            PrefixReuse = options.PrefixReuse,
        }.Checked();
    }

    /// <summary>Computes a token and a few blocks of them, and leaves the blocks with id 0.</summary>
    private unsafe BlobLayout TryOut(CellMemory memory, int mostTokens)
    {
        double one = Math.Min(Decode(memory, 1), Decode(memory, 1));
        byte[] blob = new byte[LlamaNative.llama_state_seq_get_size_ext(context.Pointer, 0, 0)];
        fixed (byte* data = blob)
        {
            _ = LlamaNative.llama_state_seq_get_data_ext(context.Pointer, data, (nuint)blob.Length, 0, 0);
        }

        BlobLayout layout = BlobLayout.Read(blob);
        int many = Math.Min(Math.Min(Kv.DeviceBlocks, 4) * Kv.BlockSize, mostTokens);
        double all = many > 1 ? Decode(memory, many) : one;
        double perToken = Math.Max(all - one, one / 1000) / Math.Max(many - 1, 1);
        Latency = new FiveTermLatencyModel
        {
            Constant = Math.Max(one - perToken, 0),
            PrefillSquare = 0,
            PrefillToken = perToken,
            PrefillContext = 0,
            CachedToken = 0,
            DecodeSequence = perToken,
            DecodeContext = 0,
        };
        return layout;
    }

    /// <summary>Computes tokens with id 0, which holds nothing else; returns what it took, ms.</summary>
    private double Decode(CellMemory memory, int count)
    {
        memory.RemoveFrom(0, 0);
        Batch.Clear();
        for (int i = 0; i < count; i++)
        {
            Batch.Add(context.Model.Vocabulary.Begin ?? 0, i, 0, isLast: i == count - 1);
        }

        long started = Stopwatch.GetTimestamp();
        int code = Batch.Decode();
        LlamaNative.llama_synchronize(context.Pointer);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return code == 0
            ? took
            : throw new ModelUnusableException(
                $"llama.cpp cannot compute with `{context.Model.Path}` (code {code}): {LlamaLog.FirstError ?? "it gives no reason"}. Check the model file");
    }

    /// <summary>Copies one block and several to the host and back; the slower way counts.</summary>
    private CopyModel MeasureCopies(CellMemory memory, HostStore store)
    {
        int blocks = Math.Min(Math.Min(store.MostBlocks, Kv.HostBlocks), (memory.Last(0) + 1) / Kv.BlockSize);
        double one = blocks > 0 ? Copies(memory, store, 1) : 0.05;
        double all = blocks > 1 ? Copies(memory, store, blocks) : one;
        double perBlock = Math.Max(blocks > 1 ? (all - one) / (blocks - 1) : one, 1e-4);
        return new CopyModel(perBlock, Math.Max(one - perBlock, 0));
    }

    private static double Copies(CellMemory memory, HostStore store, int blocks)
    {
        int[] hostBlocks = [.. Enumerable.Range(0, blocks)];
        double slower = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long started = Stopwatch.GetTimestamp();
            store.Save(0, 0, hostBlocks);
            double saved = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            started = Stopwatch.GetTimestamp();
            store.Restore(1, 0, hostBlocks);
            double restored = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            memory.RemoveFrom(1, 0);
            slower = Math.Min(slower, Math.Max(saved, restored));
        }

        return slower;
    }
}
