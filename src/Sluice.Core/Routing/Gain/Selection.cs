namespace Sluice.Core.Routing;

/// <summary>Which held requests an instance with room should be sent, best first.</summary>
/// <remarks>
/// <para>They are walked by the deadline of their first token. Where the fleet, at its measured throughput, would come too late for
/// one, the one of least gain for its cost among all met so far is passed over (Moore and Hodgson, weighted). Those that are late
/// already are walked as well, with the gain that is left to them: it melts as they wait, so they go first or not at all, but long
/// prompts (<see cref="Room.IsLong"/>), which would make others late. Those who stay go by deadline, except those tied to another
/// instance (<see cref="Ties"/>). After them the late that were passed over or are long, by gain for cost; disaggregated, all who were
/// passed over, for nothing but memory holds them.</para>
/// <para>Looks at a bounded number around the present moment, so that a crowd of lost requests costs nothing.</para>
/// </remarks>
internal sealed class Selection(Ties ties)
{
    private const int MostDue = 1024;
    private const int MostLate = 256;

    private readonly PriorityQueue<int, (double Density, long NewestFirst)> walk = new();
    private readonly Place[] places = new Place[MostLate + MostDue];
    private readonly List<(double Density, int Place)> last = [];

    /// <summary>Places of the candidates in the order they should be tried.</summary>
    public List<int> Order { get; } = [];

    public void Walk(HeldRequests held, AnswerTokens answers, Ledger ledger, Fleet fleet, double rate, double margin, Instant now)
    {
        walk.Clear();
        Order.Clear();
        last.Clear();
        var reference = fleet.All[0];
        int due = held.FirstDueAfter(now);
        int from = Math.Max(due - MostLate, 0);
        int until = Math.Min(due + MostDue, held.Count);
        double bound = Ties.Bound(fleet, held.Count);
        double work = 0;
        double? decodeStep = fleet.IsDisaggregated ? StepOf(fleet.Decoders) : null;
        for (int at = from; at < until; at++)
        {
            var item = held[at];
            var request = item.Request;
            int cached = item.CachedAt(ledger);
            double answer = answers.Of(request);
            double density = 1 / ServiceCost.Of(request, answer, cached, ledger);
            double pace = Outlook.BudgetOf(request, ledger);
            double wait = item.FirstTokenAt(ledger);
            double left = (request.Deadline(0) - now).TotalMilliseconds * margin;
            bool isLate = wait > left;
            density *= Outlook.Gain(request, answer, isLate ? wait : 0, decodeStep ?? pace, isLate ? now : request.Arrival);
            ref var place = ref places[at - from];
            place.Cost = ServiceCost.Of(request, answer, item.Cached, reference);
            place.Standing = item.Holder == ledger.Index || !ties.IsTied(item, fleet, bound, left) ? Standing.Kept : Standing.Tied;
            place.IsLast = isLate && Room.IsLong(ledger.Latency.Prefill(request.PromptTokens - cached, cached), pace);
            work += place.Cost;
            walk.Enqueue(at, (density, -request.Id));
            if (isLate || fleet.IsDisaggregated)
            {
                last.Add((-density, at));
            }

            if (isLate)
            {
                continue;
            }

            while (walk.Count > 0 && wait + (work / rate) > left)
            {
                ref var least = ref places[walk.Dequeue() - from];
                least.Standing = Standing.PassedOver;
                work -= least.Cost;
            }
        }

        for (int at = from; at < until; at++)
        {
            if (places[at - from] is { Standing: Standing.Kept, IsLast: false })
            {
                Order.Add(at);
            }
        }

        last.Sort();
        foreach (var (_, at) in last)
        {
            if (places[at - from] is { Standing: Standing.PassedOver } or { Standing: Standing.Kept, IsLast: true })
            {
                Order.Add(at);
            }
        }
    }

    /// <summary>The mean step of decode instances, ms: the pace at which late answers catch up there.</summary>
    private static double StepOf(ReadOnlySpan<Ledger> decoders)
    {
        double sum = 0;
        foreach (var ledger in decoders)
        {
            sum += ledger.Latency.Constant + ledger.DecodeMilliseconds;
        }

        return sum / decoders.Length;
    }

    private enum Standing
    {
        Kept,
        Tied,
        PassedOver,
    }

    private struct Place
    {
        public Standing Standing;

        /// <summary>Whether it is late and long.</summary>
        public bool IsLast;
        public double Cost;
    }
}
