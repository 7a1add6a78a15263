using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Forms a step: how long it may take, and who is in it.</summary>
/// <remarks>
/// Answers that are due, the one passed over longest (its share), the plan by deadline, answers that can wait, and then whoever
/// was passed over, densest first. A prefill that does not fit is stepped over, up to eight times.
/// </remarks>
internal sealed class StepForming
{
    private const int LookAhead = 8;
    private const int LeastChunk = 64;
    private const double NoticeInSteps = 4;
    private const double LeastShare = 0.05;
    private const double MostShare = 0.95;
    private const double LeastDoubt = 1.1;
    private const double MostDoubt = 2;

    private readonly SlideOptions options;
    private readonly BatchPolicyContext context;
    private readonly Appraiser appraiser;
    private readonly Prefills prefills;
    private readonly Decodes decodes;
    private readonly MemoryOutlook outlook;
    private readonly Interruption interruption;
    private readonly Mirror? mirror;
    private readonly Turn turn;
    private readonly Inflow? inflow;
    private readonly List<int> aside = [];
    private Batch batch = null!;
    private Instant now;
    private double budget;
    private double notice;
    private double share;
    private int copies;
    private int admitted;
    private long step;
    private Instant last;

    public StepForming(
        SlideOptions options, BatchPolicyContext context, Appraiser appraiser, Prefills prefills, Decodes decodes, List<Sequence> evicted)
    {
        this.options = options;
        this.context = context;
        this.appraiser = appraiser;
        this.prefills = prefills;
        this.decodes = decodes;
        outlook = new MemoryOutlook(appraiser, prefills);
        mirror = options.Copy ? new Mirror(context.Copy, decodes) : null;
        turn = new Turn(options.Share);
        inflow = options.Inflow ? new Inflow() : null;
        interruption = new Interruption(appraiser, prefills, decodes, outlook, evicted, options.Copy);
    }

    /// <summary>Forms the step; returns how many were admitted.</summary>
    public int Form(Batch filled, Instant at)
    {
        batch = filled;
        now = at;
        step++;
        admitted = 0;
        budget = Length() / Doubt();
        notice = NoticeInSteps * Math.Max(appraiser.Pace, batch.Latency.Constant);
        interruption.Begin(batch, now, options.Interrupt ? notice : double.PositiveInfinity, step);
        if (prefills.Count == 0)
        {
            AddDecodes(0, double.PositiveInfinity, batch.Limits.Sequences);
            return 0;
        }

        Age();
        copies = batch.Memory.HostBlocks == 0 ? 0 : context.Copy.MostBlocks(Math.Min(budget, 1e6));
        Walk();
        batch.Urgent = AddDecodes(0, DueFirst(), batch.Limits.Sequences - (OldestTime() > 0 ? 1 : 0));
        batch.Normal = decodes.Count + prefills.Count - batch.Urgent;
        AddOldest();
        AddPlanned();
        AddDecodes(batch.Urgent, double.PositiveInfinity, batch.Limits.Sequences);
        AddPassedOver();
        if (batch.Slices.Length == 0)
        {
            Force();
        }

        mirror?.Copy(batch, budget);
        appraiser.Learn(batch.Predicted, decodes.LeastTpot, prefills.Planned.Utilisation);
        turn.Earn(batch.Predicted, prefills.PassedOver > 0);
        return admitted;
    }

    /// <summary>Answers due within this time, ms, come before prefills; the others can wait while the plan is short of time, or the step of seats.</summary>
    private double DueFirst()
    {
        if (!options.Patience)
        {
            return double.PositiveInfinity;
        }

        double before = prefills.Planned.Slack < budget ? 2 * budget : double.PositiveInfinity;
        return batch.Running.Count < batch.Limits.Sequences ? before : Math.Min(before, notice);
    }

    /// <summary>
    /// What was learnt fades with the time since a prefill was last there, and not step by step: whether the steps without one are formed
    /// one by one or run at once makes no difference.
    /// </summary>
    private void Age()
    {
        double passed = (now - last).TotalMilliseconds;
        inflow?.Age(passed);
        prefills.Planned.Age(passed);
        last = now;
    }

    /// <summary>How long the step may take, ms: until the first token is due that can still be on time.</summary>
    private double Length() => decodes.Count == 0
        ? double.PositiveInfinity
        : Math.Min(
            Math.Max(
                decodes.LeastFeasible(batch.Latency, now) ?? 0,
                Math.Max(options.Floor * decodes.LeastTpot, 2 * batch.Latency.Constant)),
            options.Gap * decodes.LeastTpot ?? double.PositiveInfinity);

    /// <summary>
    /// How much longer than foreseen steps turn out to be, but for a tenth of their time: a step planned to the last millisecond would make
    /// everybody in it late every other time. 1 where they are foreseen within a tenth.
    /// </summary>
    private double Doubt() => batch.Latency is CorrectedLatencyModel model && model.UpperQuantile(1) is > LeastDoubt and double ratio
        ? Math.Min(ratio, MostDoubt)
        : 1;

    private void Walk()
    {
        double constant = batch.Latency.Constant;
        share = decodes.Count == 0 ? MostShare : Math.Max((budget - constant - decodes.Cost) / budget, LeastShare);
        outlook.Look(batch, decodes.Count);
        prefills.Reconsider(LookAhead);
        prefills.Planned.Walk(
            new Capacity(now.Ticks, share, constant, outlook.Room, outlook.LeavingPerMs, inflow, options.Price), prefills);
    }

    /// <summary>Adds the answers due before a time, from a place on, while the step holds fewer sequences; returns the place of the first that is not added.</summary>
    private int AddDecodes(int place, double before, int sequences)
    {
        for (; place < decodes.Count && decodes.Left(place, now) < before && batch.Tokens < batch.Limits.Tokens && batch.Slices.Length < sequences; place++)
        {
            Sequence sequence = decodes[place];
            bool isAdded = false;
            while (!isAdded && sequence.State == SequenceState.Running && Decodes.IsDecode(sequence))
            {
                isAdded = batch.TryAdd(sequence, sequence.Tokens);
                if (!isAdded && !interruption.TakeBlocks(sequence, place + 1))
                {
                    batch.RefuseIfTooLarge(sequence);
                    break;
                }
            }
        }

        return place;
    }

    /// <summary>Whoever was passed over longest goes on, once enough time has been put by for it.</summary>
    private void AddOldest()
    {
        double before = batch.Predicted;
        double time = OldestTime();
        if (time <= 0)
        {
            return;
        }

        Sequence oldest = prefills.Oldest;
        Fit fit = Add(oldest, time, isOldest: true);
        while (fit == Fit.NoRoom && prefills.Seen(oldest) != step && oldest.Generated == 0
            && interruption.TakeBlocks(oldest, 0, whole: true))
        {
            fit = Add(oldest, time, isOldest: true);
        }

        if (fit == Fit.Added)
        {
            turn.Spend(batch.Predicted - before);
        }
    }

    /// <summary>How much time whoever was passed over longest may have in this step, ms; 0 when it is not its turn.</summary>
    private double OldestTime()
    {
        if (prefills.PassedOver == 0 || options.Share == 0)
        {
            return 0;
        }

        Sequence oldest = prefills.Oldest;
        double stay = oldest.State == SequenceState.Running ? 0 : appraiser.Stay(oldest, batch);
        return turn.Time(prefills.Of(oldest).Cost, stay, budget, batch.Predicted);
    }

    private void AddPlanned()
    {
        int misfits = 0;
        double work = 0;
        foreach (ref readonly PlanEntry entry in prefills.Planned.Entries)
        {
            Sequence sequence = prefills[entry.Slot];
            double left = Due.Left(entry.Deadline, now);
            work += entry.Cost;
            Fit fit = Add(sequence, budget - batch.Predicted);
            if (fit == Fit.NoRoom && left - (work / share) < notice
                && (interruption.MakeRoom(sequence) || interruption.Displace(sequence)))
            {
                fit = Add(sequence, budget - batch.Predicted);
            }

            misfits += fit == Fit.NoRoom ? 1 : 0;
            if (fit == Fit.NoTime || misfits > LookAhead)
            {
                break;
            }

            if (fit == Fit.Added && sequence.Generated == 0)
            {
                Slice given = batch.Slices[^1];
                inflow?.Served(sequence, batch.Latency.Cost(given.End, given.Start));
            }

            if (fit == Fit.Added && batch.Slices[^1].Emits)
            {
                budget = Math.Min(budget, left);
            }
        }
    }

    private void AddPassedOver()
    {
        int misfits = 0;
        for (Fit fit = Fit.Added; fit != Fit.NoTime && misfits <= LookAhead && prefills.Densest() is >= 0 and int slot;)
        {
            prefills.SetAside(slot);
            aside.Add(slot);
            fit = Add(prefills[slot], budget - batch.Predicted);
            if (fit == Fit.NoRoom && interruption.Displace(prefills[slot]))
            {
                fit = Add(prefills[slot], budget - batch.Predicted);
            }

            misfits += fit == Fit.NoRoom ? 1 : 0;
        }

        foreach (int slot in aside)
        {
            prefills.PutBack(slot);
        }

        aside.Clear();
    }

    /// <summary>Gives a prefill as much as fits into a time, ms.</summary>
    private Fit Add(Sequence sequence, double time, bool isOldest = false)
    {
        if (prefills.Seen(sequence) == step)
        {
            return Fit.NoRoom;
        }

        if (batch.Slices.Length == batch.Limits.Sequences)
        {
            return Fit.NoTime;
        }

        bool isNew = sequence.State != SequenceState.Running;
        Reach reach = isNew ? batch.Memory.Probe(sequence) : prefills.ReachOf(sequence);
        if ((!isOldest || sequence.Generated > 0) && !outlook.Fits(sequence, reach))
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

        outlook.Took(sequence, held, isNew);
        copies -= restore;
        admitted += isNew ? 1 : 0;
        prefills.Seen(sequence) = step;
        return Fit.Added;
    }

    private int Chunk(int missing, int cached, double time)
    {
        int most = Math.Min(missing, batch.Limits.Tokens - batch.Tokens);
        if (most <= 1)
        {
            return most == 1 && batch.Latency.Decode(cached) <= time ? 1 : 0;
        }

        int tokens = batch.Latency.LargestPrefill(cached, most, time);
        bool isSmall = tokens < missing
            && tokens < Math.Min(LeastChunk, batch.Limits.Tokens / 2)
            && batch.Latency.Prefill(tokens, cached) < batch.Latency.Constant;
        return isSmall ? 0 : tokens;
    }

    /// <summary>Nothing fitted: a prompt that was begun goes on whatever it takes, or else the first that there is room for.</summary>
    private void Force()
    {
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence begun = batch.Running[i];
            if (begun.Slot < 0)
            {
                continue;
            }

            Reach reach = batch.Memory.Probe(begun);
            int end = reach.DeviceTokens + Math.Min(begun.Tokens - reach.DeviceTokens, batch.Limits.Tokens);
            bool isAdded = batch.TryAdd(begun, end);
            while (!isAdded && interruption.TakeBlocks(begun, 0))
            {
                isAdded = batch.TryAdd(begun, end);
            }

            if (isAdded)
            {
                return;
            }
        }

        budget = double.PositiveInfinity;
        AddPlanned();
        AddPassedOver();
    }
}
