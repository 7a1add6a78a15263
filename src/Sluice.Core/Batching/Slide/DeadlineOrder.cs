namespace Sluice.Core.Batching.Slide;

/// <summary>Prefills by deadline.</summary>
/// <remarks>
/// Who comes is sorted in, and who leaves is cleared away, once for all of a step: one pass instead of one for each. Each
/// deadline and order is there at most once.
/// </remarks>
internal sealed class DeadlineOrder
{
    private PlanEntry[] entries = new PlanEntry[64];
    private PlanEntry[] newcomers = new PlanEntry[16];
    private int held;
    private int come;
    private int left;

    /// <summary>How many there are.</summary>
    public int Count => held + come - left;

    /// <summary>All of them, by deadline.</summary>
    public ReadOnlySpan<PlanEntry> Entries
    {
        get
        {
            SortIn();
            Keep(held, left);
            return entries.AsSpan(0, held);
        }
    }

    public void Add(in PlanEntry entry)
    {
        if (come == newcomers.Length)
        {
            Array.Resize(ref newcomers, come * 2);
        }

        newcomers[come++] = entry;
    }

    /// <summary>Puts in what is known now of one that is there; its deadline is the same.</summary>
    public void Replace(in PlanEntry entry)
    {
        SortIn();
        entries[Find(entry.Deadline, entry.Order)] = entry;
    }

    public void Remove(long deadline, long order)
    {
        SortIn();
        ref PlanEntry entry = ref entries[Find(deadline, order)];
        entry = entry.Leave();
        left++;
    }

    /// <summary>All of them by deadline, and among them marks of those that have left; <see cref="Keep"/> afterwards.</summary>
    public Span<PlanEntry> Marked()
    {
        SortIn();
        return entries.AsSpan(0, held);
    }

    /// <summary>Only the first places count from now on, of which so many are marks.</summary>
    public void Keep(int places, int marks)
    {
        held = places;
        left = 0;
        if (marks == 0)
        {
            return;
        }

        held = 0;
        for (int at = 0; at < places; at++)
        {
            if (!entries[at].HasLeft)
            {
                entries[held++] = entries[at];
            }
        }
    }

    /// <summary>Newcomers go to their places, the last one first; what is behind moves once.</summary>
    private void SortIn()
    {
        if (come == 0)
        {
            return;
        }

        if (entries.Length < held + come)
        {
            Array.Resize(ref entries, Math.Max(held + come, entries.Length * 2));
        }

        newcomers.AsSpan(0, come).Sort();
        int end = held;
        held += come;
        for (; come > 0; come--)
        {
            ref readonly PlanEntry last = ref newcomers[come - 1];
            int at = Find(last.Deadline, last.Order, end);
            Array.Copy(entries, at, entries, at + come, end - at);
            entries[at + come - 1] = last;
            end = at;
        }
    }

    private int Find(long deadline, long order) => Find(deadline, order, held);

    /// <summary>The place of this deadline and order among the first ones, behind a mark that it left; or where it would be.</summary>
    private int Find(long deadline, long order, int end)
    {
        int low = 0;
        int high = end;
        while (low < high)
        {
            int middle = (low + high) / 2;
            int compared = entries[middle].CompareTo(deadline, order);
            if (compared < 0 || (compared == 0 && entries[middle].HasLeft))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
