using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Who gives blocks up when they are short.</summary>
/// <remarks>
/// <para>First whoever is furthest ahead of its deadline, all of its blocks: it loses nothing if it comes back in time. It must be
/// so far ahead that computing its KV again is a small part of the time that it can wait.</para>
/// <para>Then, only for running answers, whoever loses the least gain for a block, its last blocks alone. It stands still until
/// there is room again, and while it does it is asked first. Newcomers never cause such a loss.</para>
/// </remarks>
internal sealed class Interruption(Appraiser appraiser, Prefills prefills, Decodes decodes, MemoryOutlook outlook, List<Sequence> evicted)
{
    private const double MostAgain = 0.05;

    private Batch batch = null!;
    private Instant now;
    private double notice;
    private long step;

    /// <summary>Starts a step.</summary>
    /// <param name="filled">The batch.</param>
    /// <param name="at">The time.</param>
    /// <param name="leastAhead">How far ahead an answer must be in any case, ms; none may be interrupted when infinite.</param>
    /// <param name="number">The number of the step.</param>
    public void Begin(Batch filled, Instant at, double leastAhead, long number)
    {
        batch = filled;
        now = at;
        notice = leastAhead;
        step = number;
    }

    /// <summary>Interrupts answers that are far ahead until a prefill has room. False when it has none.</summary>
    public bool MakeRoom(Sequence sequence)
    {
        if (!outlook.IsSustainable(sequence) || !IsWorthIt(sequence))
        {
            return false;
        }

        for (int place = decodes.Count - 1; place >= 0 && !outlook.Fits(sequence, prefills.ReachOf(sequence)); place--)
        {
            if (CanWait(place))
            {
                Interrupt(decodes[place]);
            }
        }

        return outlook.Fits(sequence, prefills.ReachOf(sequence));
    }

    /// <summary>Takes blocks from somebody for a sequence that must go on. False when nobody is left.</summary>
    /// <param name="forWhom">It.</param>
    /// <param name="from">Only answers from this place of the order on are asked.</param>
    public bool TakeBlocks(Sequence forWhom, int from)
    {
        for (int place = decodes.Count - 1; place >= from; place--)
        {
            if (CanWait(place))
            {
                Interrupt(decodes[place]);
                return true;
            }
        }

        if (Cheapest(forWhom, from) is not { } victim)
        {
            return false;
        }

        int shortage = batch.Memory.BlocksFor(forWhom.Tokens) - forWhom.DeviceBlocks - batch.Memory.FreeBlocks;
        if (shortage < 1 || shortage >= victim.DeviceBlocks)
        {
            Interrupt(victim);
            return true;
        }

        batch.EvictTail(victim, shortage, offload: false);
        Note(victim);
        return true;
    }

    /// <summary>Whether a prefill with all that must be computed again for it still brings more for a ms than the best passed over.</summary>
    private bool IsWorthIt(Sequence sequence)
    {
        int best = prefills.Densest();
        if (best < 0)
        {
            return true;
        }

        int missing = outlook.Shortage(sequence, sequence.DeviceTokens);
        double again = 0;
        for (int place = decodes.Count - 1; place >= 0 && missing > 0; place--)
        {
            if (CanWait(place))
            {
                missing -= decodes[place].DeviceBlocks;
                again += batch.Latency.Cost(decodes[place].Tokens, 0);
            }
        }

        ref readonly Appraisal its = ref prefills.Of(sequence);
        double time = its.Gain / its.Density;
        return missing <= 0 && its.Gain / (time + again) >= prefills.Of(prefills[best]).Density;
    }

    private bool CanWait(int place)
    {
        Sequence sequence = decodes[place];
        return sequence.State == SequenceState.Running && Decodes.IsDecode(sequence)
            && decodes.Left(place, now) > notice + (batch.Latency.Cost(sequence.Tokens, 0) / MostAgain);
    }

    private Sequence? Cheapest(Sequence forWhom, int from)
    {
        Sequence? cheapest = null;
        double least = double.PositiveInfinity;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence candidate = batch.Running[i];
            if (candidate != forWhom && candidate.Slot >= 0 && candidate.DeviceBlocks > 0 && prefills.Seen(candidate) != step)
            {
                // Those that stand still already come before all others.
                Consider(candidate, prefills.Of(candidate).Gain * (candidate.Generated > 0 ? 1e-9 : 1), ref cheapest, ref least);
            }
        }

        for (int place = from; place < decodes.Count; place++)
        {
            Sequence candidate = decodes[place];
            if (candidate.State == SequenceState.Running && Decodes.IsDecode(candidate) && candidate != forWhom)
            {
                Consider(candidate, appraiser.GainOfDecode(candidate, decodes.Left(place, now)), ref cheapest, ref least);
            }
        }

        return cheapest;
    }

    private static void Consider(Sequence candidate, double gain, ref Sequence? cheapest, ref double least)
    {
        double loss = gain / candidate.DeviceBlocks;
        if (loss < least || (loss == least && candidate.Order > cheapest!.Order))
        {
            cheapest = candidate;
            least = loss;
        }
    }

    private void Interrupt(Sequence victim)
    {
        batch.Preempt(victim);
        Note(victim);
    }

    private void Note(Sequence victim)
    {
        if (!evicted.Contains(victim))
        {
            evicted.Add(victim);
        }

        if (victim.Slot >= 0)
        {
            prefills.Seen(victim) = step;
        }
    }
}
