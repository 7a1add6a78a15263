namespace Sluice.Core.Routing;

/// <summary>Which held requests an instance with room should be sent, best first.</summary>
/// <remarks>
/// <para>Those whose first token can be on time, walked by deadline: where the fleet, at its measured throughput, would come too
/// late for one, the one of least gain for its cost among all met so far is passed over (Moore and Hodgson, weighted). Those who
/// stay go by deadline. After them, whoever is late already, by gain for cost; the gain of a late one melts as it waits.</para>
/// <para>Looks at a bounded number around the present moment, so that a crowd of lost requests costs nothing.</para>
/// </remarks>
internal sealed class Selection
{
    private const int MostDue = 1024;
    private const int MostLate = 256;

    private readonly PriorityQueue<int, (double Density, long NewestFirst)> walk = new();
    private readonly bool[] isPassedOver = new bool[MostLate + MostDue];
    private readonly double[] costs = new double[MostLate + MostDue];
    private readonly List<(double Density, int Place)> late = [];

    /// <summary>Places of the candidates in the order they should be tried.</summary>
    public List<int> Order { get; } = [];

    public void Walk(HeldRequests held, AnswerTokens answers, Ledger ledger, Ledger reference, double rate, double margin, Instant now)
    {
        walk.Clear();
        Order.Clear();
        late.Clear();
        int due = held.FirstDueAfter(now);
        int from = Math.Max(due - MostLate, 0);
        int until = Math.Min(due + MostDue, held.Count);
        double step = ledger.Latency.Constant + ledger.DecodeMilliseconds;
        double work = 0;
        for (int place = from; place < until; place++)
        {
            var request = held[place];
            double answer = answers.Of(request);
            double density = 1 / ServiceCost.Of(request, answer, ledger);
            double wait = step + ledger.Latency.Prefill(request.PromptTokens, 0);
            double left = (request.Deadline(0) - now).TotalMilliseconds * margin;
            isPassedOver[place - from] = true;
            if (wait > left)
            {
                double pace = Outlook.BudgetOf(request, ledger);
                late.Add((-density * Outlook.Gain(request, answer, wait, pace, now), place));
                continue;
            }

            isPassedOver[place - from] = false;
            density *= request.Class.FirstTokenGain + (answer * request.Class.NextTokenGain);
            walk.Enqueue(place, (density, -request.Id));
            costs[place - from] = ServiceCost.Of(request, answer, reference);
            work += costs[place - from];
            while (walk.Count > 0 && step + (work / rate) > left)
            {
                int least = walk.Dequeue() - from;
                isPassedOver[least] = true;
                work -= costs[least];
            }
        }

        for (int place = from; place < until; place++)
        {
            if (!isPassedOver[place - from])
            {
                Order.Add(place);
            }
        }

        late.Sort();
        foreach (var (_, place) in late)
        {
            Order.Add(place);
        }
    }
}
