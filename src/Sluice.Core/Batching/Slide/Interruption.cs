using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Who gives blocks up when they are short.</summary>
/// <remarks>
/// <para>First whoever is furthest ahead of its deadline, all of its blocks: it loses nothing if it comes back in time. It must be
/// so far ahead that bringing its KV back is a small part of the time that it can wait.</para>
/// <para>For a newcomer that brings half as much again for its memory, answers that bring the least for theirs, if the host has a copy: at most
/// once a step (<see cref="Displace"/>).</para>
/// <para>For running answers, whoever loses the least gain for a block, its last blocks alone. It stands still until
/// there is room again, and while it does it is asked first.</para>
/// <para>A prompt that was begun although it was passed over keeps its blocks as long as there is anybody else.</para>
/// </remarks>
internal sealed class Interruption(
    Appraiser appraiser, Prefills prefills, Decodes decodes, MemoryOutlook outlook, List<Sequence> evicted, bool copies)
{
    private const double MostAgain = 0.05;
    private const double Better = 1.5;
    private const double Most = 1e100;
    private const int MostDisplaced = 4;
    private const int MostUncopied = 2;

    private Batch batch = null!;
    private Instant now;
    private double notice;
    private long step;
    private double[] yields = new double[64];
    private bool hasDisplaced;

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
        hasDisplaced = false;
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
                if (IsBetterCopied(decodes[place], sequence))
                {
                    return false;
                }

                Interrupt(decodes[place]);
            }
        }

        return outlook.Fits(sequence, prefills.ReachOf(sequence));
    }

    /// <summary>Interrupts copied answers that bring much less for their memory until a newcomer has room. False when it has none.</summary>
    public bool Displace(Sequence newcomer)
    {
        if (hasDisplaced || newcomer.Generated > 0 || double.IsInfinity(notice))
        {
            return false;
        }

        hasDisplaced = true;
        double most = appraiser.Yield(newcomer, prefills.Of(newcomer).Gain) / Better;
        Weigh();
        for (int tries = 0; tries < MostDisplaced && !outlook.Fits(newcomer, prefills.ReachOf(newcomer)); tries++)
        {
            int least = Least();
            if (least < 0 || yields[least] >= most)
            {
                return false;
            }

            Interrupt(decodes[least]);
            yields[least] = double.PositiveInfinity;
        }

        return outlook.Fits(newcomer, prefills.ReachOf(newcomer));
    }

    /// <summary>Takes blocks from somebody for a sequence that must go on. False when nobody is left.</summary>
    /// <param name="forWhom">It.</param>
    /// <param name="from">Only answers from this place of the order on are asked.</param>
    /// <param name="whole">Whether the victim gives all of its blocks.</param>
    public bool TakeBlocks(Sequence forWhom, int from, bool whole = false)
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
        if (whole || shortage < 1 || shortage >= victim.DeviceBlocks)
        {
            Interrupt(victim);
            return true;
        }

        batch.EvictTail(victim, shortage, offload: false);
        Note(victim);
        return true;
    }

    /// <summary>What each running answer that could be displaced brings for its memory; infinity for the others.</summary>
    private void Weigh()
    {
        if (yields.Length < decodes.Count)
        {
            yields = new double[decodes.Count * 2];
        }

        for (int place = 0; place < decodes.Count; place++)
        {
            Sequence answer = decodes[place];
            bool isCopied = answer.HostBlocks + MostUncopied >= answer.DeviceTokens / batch.Memory.BlockSize;
            yields[place] = isCopied && IsFree(answer)
                ? appraiser.Yield(answer, appraiser.GainOfDecode(answer, decodes.Left(place, now)))
                : double.PositiveInfinity;
        }
    }

    private int Least()
    {
        int least = -1;
        for (int place = 0; place < decodes.Count; place++)
        {
            least = least < 0 || yields[place] < yields[least] ? place : least;
        }

        return least;
    }

    private static bool IsFree(Sequence answer) =>
        answer.State == SequenceState.Running && Decodes.IsDecode(answer);

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
                again += appraiser.Again(decodes[place], decodes[place].HostBlocks, batch);
            }
        }

        ref readonly Appraisal its = ref prefills.Of(sequence);
        double time = its.Gain / its.Density;
        return missing <= 0 && its.Gain / (time + again) >= prefills.Of(prefills[best]).Density;
    }

    private bool CanWait(int place)
    {
        Sequence sequence = decodes[place];
        return IsFree(sequence)
            && decodes.Left(place, now) > notice + (appraiser.Again(sequence, sequence.HostBlocks, batch) / MostAgain);
    }

    /// <summary>
    /// Whether an answer should have its copy on the host before it gives its blocks up, because copying out and back takes less than computing
    /// again; orders it. It is interrupted in a later step.
    /// </summary>
    private bool IsBetterCopied(Sequence answer, Sequence forWhom)
    {
        KvMemory memory = batch.Memory;
        int full = answer.DeviceTokens / memory.BlockSize;
        int missing = full - answer.OrderedHostBlocks;
        if (!copies
            || missing > memory.FreeHostBlocks
            || outlook.Shortage(forWhom, prefills.ReachOf(forWhom).DeviceTokens) <= 0
            || 2 * appraiser.Again(answer, full, batch) >= appraiser.Again(answer, answer.HostBlocks, batch))
        {
            return false;
        }

        memory.Offload(answer, missing);
        return true;
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
                bool isSheltered = candidate.Generated == 0 && !prefills.IsPlanned(candidate);
                double gain = isSheltered ? Most : prefills.Of(candidate).Gain * (candidate.Generated > 0 ? 1e-9 : 1);
                Consider(candidate, gain, ref cheapest, ref least);
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
