using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Forms a step: how long it may take, who is in it.</summary>
internal sealed class StepForming(
    SlideOptions options,
    BatchPolicyContext context,
    Appraiser appraiser,
    Prefills prefills,
    Decodes decodes,
    List<Sequence> evicted)
{
    private const int LookAhead = 8;
    private const int LeastChunk = 64;
    private const double PaceMemory = 0.1;
    private const double SwapBefore = 4;
    private const double Waste = 0.05;

    private readonly List<int> aside = [];
    private Batch batch = null!;
    private Instant now;
    private double budget;
    private double credit;
    private double share;
    private double demand;
    private double inFlight;
    private int reserved;
    private int growth;
    private int copies;
    private int admitted;
    private long step;

    /// <summary>Starts a step.</summary>
    public void Begin() => reserved = 0;

    /// <summary>Keeps blocks for the rest of a prompt that was begun.</summary>
    public void Reserve(int blocks) => reserved += blocks;

    /// <summary>Forms the step; returns how many were admitted.</summary>
    public int Form(Batch step, Instant at)
    {
        batch = step;
        now = at;
        this.step++;
        admitted = 0;
        growth = decodes.Count;
        budget = Length();
        copies = batch.Memory.HostBlocks == 0 ? 0 : context.Copy.MostBlocks(Math.Min(budget, 1e6));
        if (prefills.Count == 0)
        {
            AddDecodes(0, double.PositiveInfinity);
            return 0;
        }

        Walk();
        bool tight = options.Patience && prefills.Planned.Slack < budget;
        int patient = AddDecodes(0, tight ? 2 * budget : double.PositiveInfinity);
        AddOldest();
        AddPlanned();
        AddDecodes(patient, double.PositiveInfinity);
        AddPassedOver();
        if (batch.Slices.Length == 0)
        {
            Force();
        }

        if (batch.Slices.Length > 0)
        {
            double took = batch.Predicted;
            appraiser.Pace += PaceMemory * (took - appraiser.Pace);
            credit = prefills.PassedOver == 0 ? 0 : credit + (options.Share * took);
        }

        return admitted;
    }

    /// <summary>How long the step may take, ms.</summary>
    private double Length()
    {
        if (decodes.Count == 0)
        {
            return double.PositiveInfinity;
        }

        if (options.Z > 0)
        {
            return Math.Max(decodes.LeastFeasible(batch.Latency, now) ?? 0, options.Z * decodes.LeastTpot);
        }

        return Math.Max(decodes.LeastFeasible(batch.Latency, now) ?? 0, Math.Max(options.Floor * decodes.LeastTpot, batch.Latency.Constant * 2));
    }

    private void Walk()
    {
        double constant = batch.Latency.Constant;
        share = double.IsPositiveInfinity(budget) ? 0.95 : Math.Max((budget - constant - decodes.Cost) / budget, 0.05);
        double leaving = decodes.Count == 0 ? 0 : decodes.Blocks / (appraiser.MeanAnswer * Math.Max(appraiser.Pace, constant));
        demand = 0;
        inFlight = 0;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            double presence = appraiser.Presence(sequence);
            demand += presence * batch.Memory.BlocksFor(sequence.Tokens);
            inFlight += presence;
        }

        foreach (ref readonly PlanEntry entry in prefills.Planned.Entries)
        {
            demand += entry.Owed;
            inFlight += entry.Owed > 0 ? appraiser.Presence(prefills[entry.Slot]) : 0;
        }

        prefills.Reconsider(LookAhead);
        prefills.Planned.Walk(
            new Capacity(now.Ticks, share, constant, batch.Memory.DeviceBlocks - growth - Peak(demand, inFlight), Math.Max(leaving, 1e-9)), prefills);
    }

    /// <summary>Adds those due before a time, from a place on; returns the place of the first that is not.</summary>
    private int AddDecodes(int place, double before)
    {
        for (; place < decodes.Count && decodes.Left(place, now) < before; place++)
        {
            Sequence sequence = decodes[place];
            if (sequence.State != SequenceState.Running || !Decodes.IsDecode(sequence))
            {
                continue;
            }

            if (batch.Tokens >= batch.Limits.Tokens)
            {
                break;
            }

            while (!batch.TryAdd(sequence, sequence.Tokens) && Evict(place + 1, sequence))
            {
            }
        }

        return place;
    }

    private void AddOldest()
    {
        if (prefills.PassedOver == 0 || options.Share == 0)
        {
            return;
        }

        Sequence oldest = prefills.Oldest;
        double cost = prefills.Of(oldest).Cost;
        if (credit < Math.Min(cost, double.IsPositiveInfinity(budget) ? cost : budget / 4))
        {
            return;
        }

        double before = batch.Predicted;
        Fit fit = Add(oldest, Math.Min(credit, budget - before));
        if (fit == Fit.Added)
        {
            credit -= batch.Predicted - before;
        }
    }

    private void AddPlanned()
    {
        int misfits = 0;
        double work = 0;
        foreach (ref readonly PlanEntry entry in prefills.Planned.Entries)
        {
            Sequence sequence = prefills[entry.Slot];
            Fit fit = Add(sequence, budget - batch.Predicted);
            work += entry.Cost;
            if (fit == Fit.NoRoom && options.X != 1 && Due.Left(entry.Deadline, now) - (work / share) < SwapBefore * budget
                && Swap(sequence))
            {
                fit = Add(sequence, budget - batch.Predicted);
            }

            if (fit == Fit.NoTime)
            {
                break;
            }

            if (fit == Fit.Added)
            {
                if (batch.Slices[^1].Emits)
                {
                    budget = Math.Min(budget, (entry.Deadline - now.Ticks) / (double)TimeSpan.TicksPerMillisecond);
                }
            }
            else if (++misfits > LookAhead)
            {
                break;
            }
        }
    }

    /// <summary>Interrupts answers that are far ahead until a prefill fits. False when it would not.</summary>
    private bool Swap(Sequence sequence)
    {
        if (!IsSustainable(sequence) || !IsWorthIt(sequence))
        {
            return false;
        }

        for (int place = decodes.Count - 1; place >= 0; place--)
        {
            if (HasRoomFor(sequence))
            {
                return true;
            }

            if (CanWait(place))
            {
                batch.Preempt(decodes[place]);
                evicted.Add(decodes[place]);
            }
        }

        return HasRoomFor(sequence);
    }

    private bool IsWorthIt(Sequence sequence)
    {
        if (prefills.Densest() is not (>= 0 and int slot))
        {
            return true;
        }

        int missing = batch.Memory.BlocksFor(sequence.Tokens) - batch.Memory.FreeBlocks + growth + reserved;
        double again = 0;
        for (int place = decodes.Count - 1; place >= 0 && missing > 0; place--)
        {
            if (CanWait(place))
            {
                missing -= decodes[place].DeviceBlocks;
                again += batch.Latency.Cost(decodes[place].Tokens, 0);
            }
        }

        Appraisal its = prefills.Of(sequence);
        return missing <= 0 && its.Gain / ((its.Gain / its.Density) + again) >= prefills.Of(prefills[slot]).Density;
    }

    /// <summary>Whether an answer is so far ahead that computing its KV again is a small part of the time it can wait.</summary>
    private bool CanWait(int place)
    {
        Sequence sequence = decodes[place];
        return sequence.State == SequenceState.Running && Decodes.IsDecode(sequence)
            && decodes.Left(place, now) > (SwapBefore * budget) + (batch.Latency.Cost(sequence.Tokens, 0) / Waste);
    }

    private bool HasRoomFor(Sequence sequence)
    {
        int whole = batch.Memory.BlocksFor(sequence.Tokens);
        return sequence.State == SequenceState.Running
            ? whole - sequence.DeviceBlocks <= batch.Memory.FreeBlocks - growth
            : batch.Running.Count < batch.Limits.Sequences && HasRoom(sequence, whole - batch.Memory.BlocksFor(batch.Memory.Probe(sequence).DeviceTokens));
    }

    private void AddPassedOver()
    {
        int misfits = 0;
        while (misfits <= LookAhead && prefills.Densest() is >= 0 and int slot)
        {
            prefills.SetAside(slot);
            aside.Add(slot);
            Sequence sequence = prefills[slot];
            if (prefills.Seen(sequence) == step)
            {
                continue;
            }

            Fit fit = Add(sequence, budget - batch.Predicted);
            if (fit == Fit.NoTime)
            {
                break;
            }

            misfits += fit == Fit.NoRoom ? 1 : 0;
        }

        foreach (int slot in aside)
        {
            prefills.PutBack(slot);
        }

        aside.Clear();
    }

    private Fit Add(Sequence sequence, double time)
    {
        bool isNew = sequence.State != SequenceState.Running;
        if (prefills.Seen(sequence) == step)
        {
            return Fit.NoRoom;
        }

        if (isNew && batch.Running.Count >= batch.Limits.Sequences)
        {
            return Fit.NoRoom;
        }

        Reach reach = isNew ? batch.Memory.Probe(sequence) : prefills.ReachOf(sequence);
        int whole = batch.Memory.BlocksFor(sequence.Tokens);
        if (isNew)
        {
            if (!HasRoom(sequence, whole - batch.Memory.BlocksFor(reach.DeviceTokens)))
            {
                return Fit.NoRoom;
            }
        }
        else if (sequence.Generated > 0 && whole - sequence.DeviceBlocks > batch.Memory.FreeBlocks - growth)
        {
            return Fit.NoRoom;
        }

        int restore = Math.Min(reach.RestorableBlocks, copies);
        int cached = reach.After(restore);
        int tokens = Chunk(sequence.Tokens - cached, cached, time);
        if (tokens == 0)
        {
            return Fit.NoTime;
        }

        int held = sequence.DeviceBlocks;
        if (!batch.TryAdd(sequence, cached + tokens, restore))
        {
            return Fit.NoRoom;
        }

        if (isNew && sequence.Generated == 0)
        {
            double presence = appraiser.Presence(sequence);
            demand += presence * whole;
            inFlight += presence;
        }

        copies -= restore;
        reserved += isNew ? whole - sequence.DeviceBlocks : held - sequence.DeviceBlocks;
        admitted += isNew ? 1 : 0;
        prefills.Seen(sequence) = step;
        return Fit.Added;
    }

    /// <summary>The most blocks expected to be needed at a time, as answers grow and end.</summary>
    /// <remarks>
    /// With n answers of mean length E yet to come and t tokens held, h steps ahead (t + n·h)·exp(−h/E) are expected to be held;
    /// at most n·E·exp(t/(n·E) − 1), or t when answers are shorter than what is held.
    /// </remarks>
    private double Peak(double held, double count)
    {
        double answers = count * appraiser.MeanAnswer / batch.Memory.BlockSize;
        return held >= answers ? held : answers * Math.Exp((held / answers) - 1);
    }

    /// <summary>Whether a newcomer's blocks fit now, and whether all in flight can go on in turn once it is there.</summary>
    private bool HasRoom(Sequence sequence, int blocks) =>
        batch.Running.Count == 0 || (blocks <= batch.Memory.FreeBlocks - reserved - growth && IsSustainable(sequence));

    private bool IsSustainable(Sequence sequence)
    {
        double presence = appraiser.Presence(sequence);
        double held = demand + (presence * batch.Memory.BlocksFor(sequence.Tokens));
        return sequence.Generated > 0 || Peak(held, inFlight + presence) <= batch.Memory.DeviceBlocks - growth;
    }

    private int Chunk(int missing, int cached, double time)
    {
        int most = Math.Min(missing, batch.Limits.Tokens - batch.Tokens);
        if (most <= 1)
        {
            return most == 1 && batch.Latency.Decode(cached) <= time ? 1 : 0;
        }

        int tokens = batch.Latency.LargestPrefill(cached, most, time);
        return tokens < missing && tokens < LeastChunk ? 0 : tokens;
    }

    /// <summary>Nothing fitted: one of them gets a chunk, whatever it takes.</summary>
    private void Force()
    {
        Sequence? first = null;
        for (int i = 0; i < batch.Running.Count && first is null; i++)
        {
            first = Decodes.IsDecode(batch.Running[i]) ? null : batch.Running[i];
        }

        if (first is null)
        {
            first = prefills.Planned.Count > 0 ? prefills[prefills.Planned.Entries[0].Slot]
                : prefills.PassedOver > 0 ? prefills.Oldest
                : null;
            if (first is null)
            {
                return;
            }
        }

        budget = double.PositiveInfinity;
        reserved = 0;
        growth = 0;
        while (first.Slot >= 0 && Add(first, Math.Max(decodes.LeastTpot, 50)) == Fit.NoRoom && Evict(0, first))
        {
        }

        if (batch.Slices.Length == 0)
        {
            Add(first, double.PositiveInfinity);
        }
    }

    /// <summary>Takes blocks from whoever loses least by it. False when nobody is left.</summary>
    private bool Evict(int place, Sequence forWhom)
    {
        for (int i = decodes.Count - 1; i >= place && options.X != 1; i--)
        {
            if (CanWait(i))
            {
                batch.Preempt(decodes[i]);
                evicted.Add(decodes[i]);
                return true;
            }
        }

        Sequence? victim = null;
        double least = double.PositiveInfinity;
        for (int i = place; i < decodes.Count; i++)
        {
            Sequence candidate = decodes[i];
            if (candidate.State == SequenceState.Running && Decodes.IsDecode(candidate) && candidate.DeviceBlocks > 0)
            {
                Consider(candidate, appraiser.GainOfDecode(candidate, decodes.Left(i, now)), ref victim, ref least);
            }
        }

        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence candidate = batch.Running[i];
            if (candidate != forWhom && candidate.Slot >= 0 && prefills.Seen(candidate) != step && candidate.DeviceBlocks > 0)
            {
                double gain = prefills.Of(candidate).Gain;
                Consider(candidate, candidate.Generated > 0 ? gain - 1e9 : gain, ref victim, ref least);
            }
        }

        if (victim is null)
        {
            return false;
        }

        int shortage = Math.Max(batch.Memory.BlocksFor(forWhom.Tokens) - forWhom.DeviceBlocks - batch.Memory.FreeBlocks, 1);
        if (shortage < victim.DeviceBlocks)
        {
            batch.EvictTail(victim, shortage, offload: false);
        }
        else
        {
            batch.Preempt(victim);
        }

        if (!evicted.Contains(victim))
        {
            evicted.Add(victim);
        }

        if (victim.Slot >= 0)
        {
            prefills.Seen(victim) = step;
        }

        return true;

        static void Consider(Sequence candidate, double gain, ref Sequence? victim, ref double least)
        {
            double loss = gain / candidate.DeviceBlocks;
            if (loss < least || (loss == least && candidate.Order > victim!.Order))
            {
                victim = candidate;
                least = loss;
            }
        }
    }

    private enum Fit
    {
        Added,
        NoTime,
        NoRoom,
    }
}
