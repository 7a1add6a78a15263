using System.Diagnostics;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Benchmarks.Engine;

/// <summary>The library alone, as its own batched benchmark drives it: every sequence gets one token a step, nobody samples.</summary>
internal sealed class PlainLoop : IDisposable
{
    private readonly LlamaContext context;
    private readonly ComputeThreads? pool;
    private readonly TokenBatch batch;
    private readonly int sequences;
    private readonly Random random = new(1);
    private int position;

    public PlainLoop(LlamaModel model, int sequences, int prompt, int steps, int threads, bool unified)
    {
        this.sequences = sequences;
        int each = prompt + steps + 1;
        context = LlamaContext.Create(model, new LlamaContextOptions
        {
            Cells = ((each + 255) / 256 * 256) * (unified ? 1 : sequences) + (unified ? (each * (sequences - 1)) : 0),
            BatchTokens = 512,
            Sequences = sequences,
            Threads = threads,
            Unified = unified,
        });
        pool = ComputeThreads.Attach(context.Pointer, threads);
        batch = new TokenBatch(context.Pointer, 512);
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            batch.Clear();
            for (int at = 0; at < prompt; at++)
            {
                batch.Add(Token(), at, sequence, isLast: at == prompt - 1);
            }

            Decode();
        }

        position = prompt;
    }

    /// <summary>One token for each; returns what it took, ms.</summary>
    public double Step()
    {
        batch.Clear();
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            batch.Add(Token(), position, sequence, isLast: true);
        }

        position++;
        long started = Stopwatch.GetTimestamp();
        Decode();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    public void Dispose()
    {
        batch.Dispose();
        context.Dispose();
        pool?.Dispose();
    }

    private int Token() => random.Next(context.Model.Vocabulary.Count);

    private void Decode()
    {
        int code = batch.Decode();
        LlamaNative.llama_synchronize(context.Pointer);
        if (code != 0)
        {
            throw new InvalidOperationException($"llama_decode gives {code}.");
        }
    }
}
