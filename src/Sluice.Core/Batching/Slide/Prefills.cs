using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Everyone who lacks KV, waiting or begun: those planned to be on time by deadline, the others by density.</summary>
/// <remarks>
/// <para><em>Planned</em>: in time if served by deadline. <em>Deferred</em>: could be on time alone, but the walk dropped it for
/// others that bring more. <em>Late</em>: can no longer be.</para>
/// <para>Appraisals age: the gain of the late melts, predictions move. Each step renews a few in rotation, who was appraised
/// longest ago first.</para>
/// </remarks>
internal sealed class Prefills
{
    private readonly LinkedQueue rotation = new();
    private readonly KeyedHeap deferred = new();
    private readonly KeyedHeap late = new();
    private readonly KeyedHeap byLatestStart = new();
    private readonly KeyedHeap passedOver = new();
    private Held[] items = new Held[64];

    /// <summary>All of them.</summary>
    public int Count => rotation.Count;

    /// <summary>Those planned to be on time, by deadline.</summary>
    public Plan Planned { get; } = new();

    /// <summary>Those that are not planned.</summary>
    public int PassedOver => passedOver.Count;

    /// <summary>Who was passed over and came first, answers that were interrupted after all prompts; ask <see cref="PassedOver"/> first.</summary>
    public Sequence Oldest => rotation[passedOver.Top];

    /// <summary>The sequence in a slot.</summary>
    public Sequence this[int slot] => rotation[slot];

    /// <summary>Whether a sequence is planned to be on time.</summary>
    public bool IsPlanned(Sequence sequence) => items[sequence.Slot].Standing == Standing.Planned;

    /// <summary>The appraisal of a sequence.</summary>
    public ref readonly Appraisal Of(Sequence sequence) => ref items[sequence.Slot].Appraisal;

    /// <summary>What was known of a sequence's reach when it was appraised.</summary>
    public Reach ReachOf(Sequence sequence) => items[sequence.Slot].Reach;

    /// <summary>The number of the step that last looked at a sequence.</summary>
    public ref long Seen(Sequence sequence) => ref items[sequence.Slot].Seen;

    /// <summary>A sequence comes; the next walk places it.</summary>
    public void Add(Sequence sequence, Reach reach, in Appraisal appraisal)
    {
        rotation.AddLast(sequence);
        int slot = sequence.Slot;
        if (slot >= items.Length)
        {
            Array.Resize(ref items, items.Length * 2);
        }

        items[slot] = new Held { Appraisal = appraisal, Reach = reach, Seen = -1 };
        Planned.Add(Entry(slot));
    }

    /// <summary>A sequence leaves.</summary>
    public void Remove(Sequence sequence)
    {
        Unplace(sequence.Slot);
        rotation.Remove(sequence);
    }

    /// <summary>What is known of a sequence has changed: its place follows.</summary>
    public void Update(Sequence sequence, Reach reach, in Appraisal appraisal)
    {
        int slot = sequence.Slot;
        Standing standing = items[slot].Standing;
        if (standing == Standing.Planned && items[slot].Appraisal.Deadline == appraisal.Deadline)
        {
            items[slot].Appraisal = appraisal;
            items[slot].Reach = reach;
            Planned.Replace(Entry(slot));
            return;
        }

        Unplace(slot);
        items[slot].Appraisal = appraisal;
        items[slot].Reach = reach;
        if (standing == Standing.Planned)
        {
            Planned.Add(Entry(slot));
        }
        else
        {
            PassOver(slot, standing);
        }
    }

    /// <summary>The next whose appraisal is to be renewed; ask <see cref="Count"/> first.</summary>
    public Sequence NextInRotation()
    {
        Sequence next = rotation.First!;
        rotation.Rotate();
        return next;
    }

    /// <summary>Deferred ones whose latest start has passed are late from now on.</summary>
    public void Age(Instant now)
    {
        while (byLatestStart.Count > 0 && byLatestStart.TopKey < now.Ticks)
        {
            int slot = byLatestStart.Pop();
            deferred.Remove(slot);
            late.Add(slot, -items[slot].Appraisal.Density, rotation[slot].Order);
            items[slot].Standing = Standing.Late;
        }
    }

    /// <summary>Gives the densest deferred ones another chance in the plan, if they are worth its price.</summary>
    public void Reconsider(int most)
    {
        for (; most > 0 && deferred.Count > 0 && -deferred.TopKey >= Planned.Price; most--)
        {
            int slot = deferred.Top;
            Unplace(slot);
            items[slot].Standing = Standing.Planned;
            Planned.Add(Entry(slot));
        }
    }

    /// <summary>The walk dropped this one from the plan.</summary>
    public void Drop(int slot, bool isLate) => PassOver(slot, isLate ? Standing.Late : Standing.Deferred);

    /// <summary>The densest of those passed over; −1 when nobody is.</summary>
    public int Densest()
    {
        if (late.Count == 0)
        {
            return deferred.Count == 0 ? -1 : deferred.Top;
        }

        return deferred.Count == 0 || late.TopKey < deferred.TopKey ? late.Top : deferred.Top;
    }

    /// <summary>Takes one that was passed over out of its order while a step is formed; <see cref="PutBack"/> undoes it.</summary>
    public void SetAside(int slot) => Unplace(slot);

    /// <summary>Puts one back where it was.</summary>
    public void PutBack(int slot) => PassOver(slot, items[slot].Standing);

    private PlanEntry Entry(int slot) => new(
        items[slot].Appraisal.Deadline,
        rotation[slot].Order,
        slot,
        items[slot].Appraisal.Cost,
        items[slot].Appraisal.Density,
        items[slot].Appraisal.Need,
        items[slot].Appraisal.Owed);

    private void PassOver(int slot, Standing standing)
    {
        ref Held item = ref items[slot];
        item.Standing = standing;
        long order = rotation[slot].Order;
        passedOver.Add(slot, rotation[slot].Generated > 0 ? 1 : 0, order);
        if (standing == Standing.Late)
        {
            late.Add(slot, -item.Appraisal.Density, order);
            return;
        }

        deferred.Add(slot, -item.Appraisal.Density, order);
        byLatestStart.Add(slot, item.Appraisal.Deadline - (item.Appraisal.Cost * TimeSpan.TicksPerMillisecond), order);
    }

    private void Unplace(int slot)
    {
        if (items[slot].Standing == Standing.Planned)
        {
            Planned.Remove(items[slot].Appraisal.Deadline, rotation[slot].Order);
            return;
        }

        passedOver.Remove(slot);
        _ = late.Remove(slot) || (deferred.Remove(slot) && byLatestStart.Remove(slot));
    }

    private enum Standing
    {
        Planned,
        Deferred,
        Late,
    }

    private struct Held
    {
        public Appraisal Appraisal;
        public Reach Reach;
        public Standing Standing;
        public long Seen;
    }
}
