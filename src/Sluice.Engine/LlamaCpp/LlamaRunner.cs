using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Engine.Sampling;

namespace Sluice.Engine.LlamaCpp;

/// <summary>Runs a GGUF model with llama.cpp: one context, one thread that owns it.</summary>
/// <remarks>
/// A step is one call of the library: first the tokens of those who decode, then the chunks of prompts. There are more where a slice shares
/// blocks that another slice of the same step computes; and on a processor, where from <see cref="SharedCacheLatencyModel.TileTokens"/> tokens on
/// attention is computed in tiles, each over the cells of all who are in it: those who decode then have calls of their own, so that chunks do not
/// look at their cells.
/// </remarks>
public sealed class LlamaRunner : IModelRunner
{
    private readonly LlamaModel model;
    private readonly bool ownsModel;
    private readonly RunnerMemory memory;
    private readonly TokenBatch batch;
    private readonly Weights weights;
    private readonly int[] ends;
    private readonly bool[] isDone;
    private readonly bool hasTiles;
    private readonly List<(int Slice, int Token)> inBatch = [];

    /// <summary>Makes room for a model's KV, and computes a few tokens to see that it works and how fast.</summary>
    /// <param name="model">The model, which may have other runners and must outlive this.</param>
    /// <param name="options">How to run it.</param>
    /// <exception cref="ArgumentException">An option cannot be; the message says which.</exception>
    /// <exception cref="ModelUnusableException">There is not the memory, or the model's KV cannot be cut into blocks.</exception>
    public LlamaRunner(LlamaModel model, LlamaRunnerOptions? options = null)
        : this(model, (options ?? new LlamaRunnerOptions()).Checked(), ownsModel: false)
    {
    }

    private LlamaRunner(LlamaModel model, LlamaRunnerOptions options, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        this.ownsModel = ownsModel;
        memory = new RunnerMemory(model, options);
        batch = memory.Batch;
        KvBytesPerToken = model.KvNumbersPerToken * (options.WideKv ? 4 : 2);
        weights = new Weights(model.Vocabulary.Count);
        ends = [.. model.Vocabulary.Ends];
        isDone = new bool[options.Limits.Sequences];
        LlamaLibrary library = LlamaLibrary.Load();
        hasTiles = options.GpuLayers == 0 || !library.Devices.Any(device => device.IsGpu);
        Facts = new ModelFacts
        {
            Name = options.Name ?? model.Name,
            Backend = $"llama.cpp {library.Version} ({string.Join(", ", library.Devices.Where(device => device.IsGpu).Select(device => device.Description).DefaultIfEmpty(library.Variant))})",
            ContextTokens = Math.Min(model.TrainedContext, memory.Kv.DeviceBlocks * memory.Kv.BlockSize),
            VocabularySize = model.Vocabulary.Count,
            Kv = memory.Kv,
            Limits = options.Limits,
            Latency = options.Latency ?? memory.Latency,
            Copy = memory.Copy,
            SupportsGrammar = true,
        };
    }

    /// <inheritdoc/>
    public ModelFacts Facts { get; }

    /// <summary>Bytes of KV a token takes.</summary>
    public long KvBytesPerToken { get; }

    /// <summary>The cells and who holds them, for tests.</summary>
    internal KvCells Cells => memory.Cells;

    /// <summary>Stopwatch ticks within the library's decode call so far.</summary>
    internal long DecodeTicks { get; private set; }

    /// <summary>Stopwatch ticks of sampling so far.</summary>
    internal long SampleTicks { get; private set; }

    /// <summary>Loads a model and makes a runner of it.</summary>
    /// <exception cref="LlamaUnavailableException">llama.cpp cannot be used here.</exception>
    /// <exception cref="ModelUnusableException">The file is missing, damaged or of a kind that cannot be served, or there is not the memory.</exception>
    public static LlamaRunner Load(string path, LlamaRunnerOptions? options = null)
    {
        options = (options ?? new LlamaRunnerOptions()).Checked();
        LlamaModel model = LlamaModel.Load(path, new LlamaModelOptions { GpuLayers = options.GpuLayers });
        try
        {
            return new LlamaRunner(model, options, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => model.Vocabulary.Tokenize(text, addSpecial, parseSpecial);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Piece(int token) => model.Vocabulary.Piece(token);

    /// <inheritdoc/>
    public bool IsEnd(int token) => model.Vocabulary.IsEnd(token);

    /// <inheritdoc/>
    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages) => model.Chat.Apply(messages);

    /// <inheritdoc/>
    public void Check(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Sampling.Grammar is { } grammar)
        {
            LlamaGrammar.Parse(model, grammar).Dispose();
        }
    }

    /// <inheritdoc/>
    public void Run(Step step)
    {
        ArgumentNullException.ThrowIfNull(step);
        long started = Stopwatch.GetTimestamp();
        long copied = memory.Cells.CopyTicks;
        memory.Cells.Apply(step.Journal.Entries, step.Batch.Memory);
        try
        {
            Compute(step);
        }
        catch (ModelFailedException)
        {
            memory.Cells.Fail(step.Batch.Slices, step.Batch.Memory);
            throw;
        }

        memory.Cells.Finish();
        long copies = memory.Cells.CopyTicks - copied;
        step.CopyMilliseconds = Milliseconds(copies);
        step.ComputeMilliseconds = Milliseconds(Stopwatch.GetTimestamp() - started - copies);
    }

    /// <inheritdoc/>
    public void Release(Choice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        (choice.RunnerState as AnswerSampler)?.Dispose();
        choice.RunnerState = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Dispose();
        if (ownsModel)
        {
            model.Dispose();
        }
    }

    private void Compute(Step step)
    {
        ReadOnlySpan<Slice> slices = step.Batch.Slices;
        isDone.AsSpan(0, slices.Length).Clear();
        bool apart = hasTiles && step.Batch.Tokens >= SharedCacheLatencyModel.TileTokens;
        for (int left = slices.Length; left > 0; left -= inBatch.Count)
        {
            batch.Clear();
            inBatch.Clear();
            AddReady(slices, decodes: true, most: apart ? SharedCacheLatencyModel.TileTokens - 1 : slices.Length);
            if (!apart || batch.Count == 0)
            {
                AddReady(slices, decodes: false, most: slices.Length);
            }

            Decode(step.Batch.Memory);
            foreach ((int slice, _) in inBatch)
            {
                isDone[slice] = true;
                memory.Cells.Complete(slices[slice]);
            }

            memory.Cells.Settle();
            Sample(step, slices);
        }
    }

    private void AddReady(ReadOnlySpan<Slice> slices, bool decodes, int most)
    {
        for (int i = 0; i < slices.Length && inBatch.Count < most; i++)
        {
            ref readonly Slice slice = ref slices[i];
            if (isDone[i] || (slice.Tokens == 1) != decodes || !memory.Cells.IsReady(slice))
            {
                continue;
            }

            int id = memory.Cells.Prepare(slice);
            Choice choice = LiveRequest.ChoiceOf(slice.Sequence);
            int last = -1;
            for (int position = slice.Start; position < slice.End; position++)
            {
                last = batch.Add(choice.TokenAt(position), position, id, slice.Emits && position == slice.End - 1);
            }

            inBatch.Add((i, last));
        }
    }

    private void Decode(KvMemory books)
    {
        if (batch.Count == 0)
        {
            throw new InvalidOperationException("Slices of a step wait for each other's blocks in a circle.");
        }

        long started = Stopwatch.GetTimestamp();
        int code = batch.Decode();
        DecodeTicks += Stopwatch.GetTimestamp() - started;
        if (code == 1 && memory.Cells.DropCached(books))
        {
            code = batch.Decode();
        }

        if (code != 0)
        {
            throw new ModelFailedException(
                $"llama.cpp could not compute a step of {batch.Count} tokens (code {code}): {LlamaLog.FirstError ?? "it gives no reason"}. Send the request again.");
        }
    }

    private void Sample(Step step, ReadOnlySpan<Slice> slices)
    {
        long started = Stopwatch.GetTimestamp();
        Span<SampledToken> tokens = step.Tokens;
        foreach ((int slice, int token) in inBatch)
        {
            if (slices[slice].Emits)
            {
                Choice choice = LiveRequest.ChoiceOf(slices[slice].Sequence);
                var sampler = (AnswerSampler)(choice.RunnerState ??= new AnswerSampler(model, ends, weights, choice));
                tokens[slice] = sampler.Next(batch.Logits(token, weights.All.Length));
            }
        }

        SampleTicks += Stopwatch.GetTimestamp() - started;
    }

    private static double Milliseconds(long ticks) => ticks * (1000.0 / Stopwatch.Frequency);
}
