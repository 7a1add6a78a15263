using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.Pretending;
using Sluice.Engine.Running;

namespace Sluice.Serving.Tests.Engine;

/// <summary>A clock that jumps to the next thing that happens, and lets requests arrive on the way.</summary>
internal sealed class VirtualClock : EngineClock
{
    private readonly Queue<(Instant At, Action Arrive)> arrivals = new();
    private Instant now;

    public override Instant Now => now;

    /// <summary>Foresees an arrival; to be called in the order of time, before the engine begins.</summary>
    public void Foresee(Instant at, Action arrive) => arrivals.Enqueue((at, arrive));

    /// <summary>Time passes; whoever arrives meanwhile finds the time of the arrival.</summary>
    public void Advance(Instant until)
    {
        while (arrivals.TryPeek(out (Instant At, Action Arrive) next) && next.At <= until)
        {
            arrivals.Dequeue();
            now = next.At;
            next.Arrive();
        }

        now = until;
    }

    public override void Wait(WaitHandle news, TimeSpan most)
    {
        if (arrivals.TryPeek(out (Instant At, Action Arrive) next))
        {
            Advance(next.At);
        }
        else
        {
            news.WaitOne();
        }
    }
}

/// <summary>A model whose steps take what a latency model says, on a clock that jumps, and whose answers have given lengths.</summary>
internal sealed class VirtualRunner(VirtualClock clock, ILatencyModel latency, KvOptions kv, BatchLimits limits, Func<long, int> lengthOf) : IModelRunner
{
    private readonly PretendRunner text = new(new PretendOptions { Latency = latency, Kv = kv, Limits = limits });

    public ModelFacts Facts => text.Facts;

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => this.text.Tokenize(text, addSpecial, parseSpecial);

    public ReadOnlySpan<byte> Piece(int token) => text.Piece(token);

    public bool IsEnd(int token) => text.IsEnd(token);

    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages) => text.ApplyTemplate(messages);

    public void Run(Step step)
    {
        ReadOnlySpan<Slice> slices = step.Batch.Slices;
        for (int i = 0; i < slices.Length; i++)
        {
            Choice choice = LiveRequest.ChoiceOf(slices[i].Sequence);
            bool isLast = choice.Answer.Count + 1 == lengthOf(choice.Request.Id);
            step.Tokens[i] = new SampledToken(isLast ? PretendTokenizer.End : 'a');
        }

        if (slices.Length > 0)
        {
            double took = latency.Step(step.Batch.Shape);
            step.ComputeMilliseconds = took;
            clock.Advance(new Instant(clock.Now.Ticks + Math.Max((long)Math.Round(took * TimeSpan.TicksPerMillisecond), 1)));
        }
    }

    public void Release(Choice choice)
    {
    }

    public void Dispose() => text.Dispose();
}
