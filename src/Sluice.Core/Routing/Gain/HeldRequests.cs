using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Requests that wait at the router, by the deadline of their first token, ties by id.</summary>
internal sealed class HeldRequests
{
    private readonly List<HeldRequest> items = [];

    /// <summary>How many.</summary>
    public int Count => items.Count;

    /// <summary>The one at a place of the order.</summary>
    public HeldRequest this[int place] => items[place];

    public void Add(HeldRequest item) => items.Insert(PlaceOf(item.Request.Deadline(0), item.Request.Id), item);

    /// <summary>Takes a request out.</summary>
    public HeldRequest Remove(Request request)
    {
        int place = PlaceOf(request.Deadline(0), request.Id);
        var item = items[place];
        items.RemoveAt(place);
        return item;
    }

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
            int order = items[middle].Request.Deadline(0).CompareTo(due);
            if (order < 0 || (order == 0 && items[middle].Request.Id < id))
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
