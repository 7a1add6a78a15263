using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Requests that wait at the router, by the deadline of their first token, ties by id.</summary>
internal sealed class HeldRequests
{
    private readonly List<Request> items = [];

    /// <summary>How many.</summary>
    public int Count => items.Count;

    /// <summary>The one at a place of the order.</summary>
    public Request this[int place] => items[place];

    public void Add(Request request) => items.Insert(PlaceOf(request.Deadline(0), request.Id), request);

    public void Remove(Request request) => items.RemoveAt(PlaceOf(request.Deadline(0), request.Id));

    /// <summary>The place of the first whose first token is due after this.</summary>
    public int FirstDueAfter(Instant now) => PlaceOf(now, long.MaxValue);

    /// <summary>The place of this deadline and id, or where it would be.</summary>
    private int PlaceOf(Instant due, long id)
    {
        int low = 0;
        int high = items.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            int order = items[middle].Deadline(0).CompareTo(due);
            if (order < 0 || (order == 0 && items[middle].Id < id))
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
