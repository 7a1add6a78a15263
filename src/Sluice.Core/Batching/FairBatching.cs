using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>FairBatching: decodes near their deadline, then prefills, then the other decodes, within a time budget.</summary>
/// <remarks>
/// <para>A token is due at arrival + TTFT + its number · TPOT. The step may last as long as the least time left to a decode that
/// can still make it, at least a share of the strictest TPOT (the floor); without decodes only tokens limit it. A decode is
/// near its deadline if it could not wait for this step and one of the floor's length after it. Prefills and decodes go by
/// deadline. Memory as in vLLM: the one admitted last gives way. Source: Lyu et al., arXiv 2510.14392, abstract and reviews of it, and proserve.md (f); docs/policies.md says what
/// had to be filled in.</para>
/// <para>Good where answers run ahead of their deadlines and that time can go to prompts. Knows no weights; under overload
/// it serves the latest prompts first, as every order by deadline.</para>
/// </remarks>
/// <param name="floor">Least budget, as a share of the strictest TPOT of the decodes. Default 0.65.</param>
public sealed class FairBatching(double floor = 0.65) : IBatchPolicy
{
    private readonly WaitingHeap waiting = new();
    private readonly List<Sequence> victims = [];
    private Ranked[] decodes = new Ranked[64];
    private Ranked[] prefills = new Ranked[64];
    private int decodeCount;
    private int prefillCount;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
        [new("floor", "least budget as a share of the strictest TPOT (0.65)")];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <summary>Reads its options.</summary>
    public static FairBatching From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new FairBatching(options.Number("floor", 0.65, 0, 100));
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        waiting.Add(sequence, Due(sequence));
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            waiting.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Gather(batch);
        double least = floor * StrictestTpot(batch.Running);
        double budget = Budget(batch.Latency, now, least);
        int urgent = 0;
        while (urgent < decodeCount && Left(decodes[urgent], now) < budget + least)
        {
            RunningFirst.Continue(batch, decodes[urgent++].Sequence, most: 1, victims);
        }

        batch.Urgent = urgent;
        batch.Normal = decodeCount + prefillCount + waiting.Count - urgent;
        FillPrefills(batch, budget);
        for (int at = urgent; at < decodeCount && batch.Tokens < batch.Limits.Tokens; at++)
        {
            Sequence sequence = decodes[at].Sequence;
            if (batch.Slices.Length > 0 && batch.Predicted + batch.Latency.Decode(sequence.DeviceTokens) > budget)
            {
                break;
            }

            RunningFirst.Continue(batch, sequence, most: 1, victims);
        }

        foreach (Sequence victim in victims)
        {
            Enqueue(victim, now);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    /// <remarks>The budget is never below the floor, and all decodes that fit into it are taken.</remarks>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens && milliseconds < floor * StrictestTpot(batch.Running);
    }

    private static double Due(Sequence sequence) => sequence.Request.Deadline(sequence.Generated).Ticks;

    /// <summary>Time left to a deadline, ms.</summary>
    private static double Left(in Ranked decode, Instant now) => (decode.Key - now.Ticks) / TimeSpan.TicksPerMillisecond;

    /// <summary>The strictest TPOT of those that decode, ms.</summary>
    private static double StrictestTpot(RunningSet running)
    {
        double strictest = double.PositiveInfinity;
        for (int i = 0; i < running.Count; i++)
        {
            if (running[i].Stage == Stage.Decode)
            {
                strictest = Math.Min(strictest, running[i].Request.Class.Slo.NextToken.TotalMilliseconds);
            }
        }

        return strictest;
    }

    /// <summary>The running ones by deadline, decodes and prefills apart.</summary>
    private void Gather(Batch batch)
    {
        int count = batch.Running.Count;
        if (count > decodes.Length)
        {
            int size = Math.Max(count, decodes.Length * 2);
            decodes = new Ranked[size];
            prefills = new Ranked[size];
        }

        decodeCount = 0;
        prefillCount = 0;
        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            if (sequence.Stage == Stage.Decode)
            {
                decodes[decodeCount++] = new Ranked(Due(sequence), sequence);
            }
            else
            {
                prefills[prefillCount++] = new Ranked(Due(sequence), sequence);
            }
        }

        decodes.AsSpan(0, decodeCount).Sort();
        prefills.AsSpan(0, prefillCount).Sort();
    }

    /// <summary>How long the step may last, ms: without decodes, as long as it likes.</summary>
    private double Budget(ILatencyModel latency, Instant now, double least)
    {
        for (int at = 0; at < decodeCount; at++)
        {
            double left = Left(decodes[at], now);
            if (left >= latency.Constant + latency.Decode(decodes[at].Sequence.DeviceTokens))
            {
                return Math.Max(left, least);
            }
        }

        return decodeCount == 0 ? double.PositiveInfinity : least;
    }

    private void FillPrefills(Batch batch, double budget)
    {
        int next = 0;
        bool closed = false;
        while (batch.Tokens < batch.Limits.Tokens)
        {
            closed |= victims.Count > 0;
            bool admits = !closed && waiting.Count > 0
                && (next == prefillCount || waiting.GoesBefore(prefills[next]));
            if (!admits && next == prefillCount)
            {
                break;
            }

            Sequence sequence = admits ? waiting.First! : prefills[next].Sequence;
            int cached = admits ? batch.Memory.Probe(sequence).DeviceTokens : sequence.DeviceTokens;
            int most = Share(batch, sequence.Tokens - cached, cached, budget - batch.Predicted);
            if (most == 0)
            {
                break;
            }

            if (!admits)
            {
                RunningFirst.Continue(batch, sequence, most, victims);
                next++;
            }
            else if (batch.RefuseIfTooLarge(sequence) || RunningFirst.TryAdmit(batch, sequence, most))
            {
                waiting.RemoveFirst();
            }
            else
            {
                closed = true;
            }
        }
    }

    /// <summary>The tokens of a prefill that fit into what is left of time and tokens.</summary>
    private static int Share(Batch batch, int missing, int cached, double left)
    {
        int most = Math.Min(missing, batch.Limits.Tokens - batch.Tokens);
        return most > 1 ? batch.Latency.LargestPrefill(cached, most, left)
            : batch.Latency.Decode(cached) <= left ? most
            : 0;
    }
}
