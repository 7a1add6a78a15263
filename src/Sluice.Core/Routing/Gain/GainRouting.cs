using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Ours.</summary>
public sealed class GainRouting(GainRoutingOptions options) : IRoutingPolicy
{
    private const double FirstGuess = 128;
    private const double LearningRate = 1.0 / 256;
    private const int Look = 1024;

    private readonly List<Request> held = [];
    private readonly PriorityQueue<int, double> walk = new();
    private readonly Queue<Request> hopeless = new();
    private bool[] isDropped = [];
    private double meanAnswer = FirstGuess;

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        if (Best(request, fleet, now) is { } route)
        {
            return route;
        }

        if (held.Count == 0)
        {
            last = now;
        }

        Hold(request);
        return null;
    }

    private double rate;
    private Instant last;

    /// <inheritdoc/>
    public Released? Release(Fleet fleet, Instant now)
    {
        if (rate == 0)
        {
            rate = fleet.All.Length;
        }

        double passed = (now - last).TotalMilliseconds;
        last = now;
        rate /= 1 + (passed / options.Window);
        if (Pick(fleet, now) is { } released)
        {
            rate += Cost(released.Request, AnswerOf(released.Request), fleet.All[0]) / options.Window;
            return released;
        }

        return null;
    }

    private Released? Pick(Fleet fleet, Instant now)
    {
        foreach (var ledger in fleet.Entrances)
        {
            if (IsOpen(ledger) && Next(ledger, fleet, now) is { } released)
            {
                return released;
            }
        }

        foreach (var ledger in fleet.Decoders)
        {
            if (IsOpen(ledger) && Next(ledger, fleet, now) is { } released)
            {
                return released;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Withdraw(Request request)
    {
        held.RemoveAt(Find(request));
    }

    /// <inheritdoc/>
    public void Learn(Request request, int answerTokens) =>
        meanAnswer += LearningRate * (answerTokens - meanAnswer);

    private double AnswerOf(Request request) => request.ExpectedAnswerTokens ?? meanAnswer;

    private void Hold(Request request) => held.Insert(~Find(request), request);

    private int Find(Request request)
    {
        int low = 0;
        int high = held.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            var there = held[middle];
            int order = there.Deadline(0).CompareTo(request.Deadline(0));
            order = order != 0 ? order : there.Id.CompareTo(request.Id);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    /// <summary>Best instance for a newcomer; null when all are full.</summary>
    private Route? Best(Request request, Fleet fleet, Instant now)
    {
        Ledger? decoder = null;
        if (fleet.IsDisaggregated)
        {
            decoder = Decoder(request, fleet);
        }

        Ledger? best = null;
        double bestGain = double.NegativeInfinity;
        double bestWait = double.PositiveInfinity;
        double answer = AnswerOf(request);
        if (!fleet.IsDisaggregated || decoder is not null)
        {
            Try(fleet.Entrances);
        }

        double full = request.Class.FirstTokenGain + (answer * request.Class.NextTokenGain);
        if (best is not null && bestGain >= full)
        {
            return RouteTo(best, decoder);
        }

        // Decode instances help out when the prefill instances cannot.
        Try(fleet.Decoders);
        return best is null ? null : RouteTo(best, decoder);

        void Try(ReadOnlySpan<Ledger> among)
        {
            foreach (var ledger in among)
            {
                if (!HasRoom(request, ledger))
                {
                    continue;
                }

                var outlook = Outlook.Of(request, ledger, 0, options.Margin, now);
                double gain = Outlook.Gain(request, answer, outlook.FirstToken, outlook.Pace, now) - outlook.Loss;
                if (gain > bestGain || (gain == bestGain && outlook.FirstToken < bestWait))
                {
                    (best, bestGain, bestWait) = (ledger, gain, outlook.FirstToken);
                }
            }
        }
    }

    private static Route RouteTo(Ledger entrance, Ledger? decoder) =>
        new(entrance.Index, entrance.Role == InstanceRole.Prefill ? decoder!.Index : entrance.Index);

    private Ledger? Decoder(Request request, Fleet fleet)
    {
        Ledger? best = null;
        double least = double.PositiveInfinity;
        foreach (var ledger in fleet.Decoders)
        {
            double step = ledger.StepWith(request);
            if (step < least && (!options.Hold || ledger.AssignedDecodes == 0 || (step <= options.StepShare * Outlook.BudgetOf(request, ledger) && Fits(request, ledger))))
            {
                (best, least) = (ledger, step);
            }
        }

        return best;
    }

    private bool IsOpen(Ledger ledger) =>
        ledger.Requests == 0
        || (ledger.Prefills.Nanoseconds * 1e-6) < options.Ahead * (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds;

    private bool HasRoom(Request request, Ledger ledger)
    {
        if (!options.Hold || (ledger.Requests == 0 && ledger.AssignedDecodes == 0))
        {
            return true;
        }

        double budget = Outlook.BudgetOf(request, ledger);
        if (ledger.Prefills.Nanoseconds * 1e-6 >= options.Ahead * budget)
        {
            return false;
        }

        return ledger.Role == InstanceRole.Prefill
            || (ledger.StepWith(request) <= options.StepShare * budget && Fits(request, ledger));
    }

    private bool Fits(Request request, Ledger ledger)
    {
        if (ledger.FreeBlocks is not { } free)
        {
            return true;
        }

        double needed = request.PromptTokens + (options.Memory * (ledger.AssignedDecodes + 1) * AnswerOf(request)) + ledger.PendingTokens;
        return needed <= (double)free * ledger.BlockTokens;
    }

    /// <summary>The best held request for an instance with room.</summary>
    private Released? Next(Ledger ledger, Fleet fleet, Instant now)
    {
        var reference = fleet.All[0];
        int count = Math.Min(held.Count, Look);
        if (isDropped.Length < count)
        {
            isDropped = new bool[Look];
        }

        walk.Clear();
        int first = 0;
        double work = 0;
        int bestLate = -1;
        double bestLateDensity = 0;
        double budgetHere = (ledger.StrictestNextToken ?? TimeSpan.FromMilliseconds(50)).TotalMilliseconds;
        double stepHere = ledger.Latency.Constant + ledger.DecodeMilliseconds;
        for (int i = 0; i < count; i++)
        {
            var request = held[i];
            double own = ledger.Latency.Prefill(request.PromptTokens, 0);
            double answer = AnswerOf(request);
            double cost = Cost(request, answer, ledger);
            double slack = (request.Deadline(0) - now).TotalMilliseconds * options.Margin;
            isDropped[i] = true;
            double wait = own + stepHere;
            if (wait > slack)
            {
                double gain = Outlook.Gain(request, answer, wait, budgetHere, now);
                if (gain / cost > bestLateDensity && CanSend(request, ledger, fleet))
                {
                    (bestLate, bestLateDensity) = (i, gain / cost);
                }

                continue;
            }

            double value = request.Class.FirstTokenGain + (answer * request.Class.NextTokenGain);
            isDropped[i] = false;
            walk.Enqueue(i, value / cost);
            work += Cost(request, answer, reference);
            while (walk.Count > 0 && stepHere + (work / rate) > slack)
            {
                int dropped = walk.Dequeue();
                isDropped[dropped] = true;
                work -= Cost(held[dropped], AnswerOf(held[dropped]), reference);
            }
        }

        double firstDensity = double.NegativeInfinity;
        first = -1;
        for (int i = 0; i < count; i++)
        {
            if (!isDropped[i] && CanSend(held[i], ledger, fleet))
            {
                if (options.Order == 0)
                {
                    return Send(i, ledger, fleet);
                }

                double answer = AnswerOf(held[i]);
                double d = (held[i].Class.FirstTokenGain + (answer * held[i].Class.NextTokenGain)) / Cost(held[i], answer, ledger);
                if (options.Order >= 2)
                {
                    d *= Math.Max((held[i].Deadline(0) - now) / held[i].Class.Slo.FirstToken, 0.01);
                }
                if (d > firstDensity)
                {
                    (first, firstDensity) = (i, d);
                }
            }
        }

        if (first >= 0)
        {
            return Send(first, ledger, fleet);
        }

        if (bestLate >= 0)
        {
            return Send(bestLate, ledger, fleet);
        }

        bool isCalm = ledger.Prefills.Count == 0 && stepHere <= options.Calm * budgetHere;
        if (!isCalm)
        {
            return null;
        }

        for (int i = 0; i < count; i++)
        {
            if (CanSend(held[i], ledger, fleet))
            {
                return Send(i, ledger, fleet);
            }
        }

        return null;
    }

    /// <summary>What serving it takes of an instance: compute and memory, each as time of the whole instance, ms.</summary>
    private double Cost(Request request, double answer, Ledger ledger)
    {
        double compute = ledger.Latency.Prefill(request.PromptTokens, 0)
            + (answer * ledger.Latency.Decode((int)(request.PromptTokens + (answer / 2))));
        double memory = ledger.Blocks is { } blocks
            ? (request.PromptTokens + (answer / 2)) / ((double)blocks * ledger.BlockTokens) * answer * request.Class.Slo.NextToken.TotalMilliseconds
            : 0;
        return compute + (options.MemPrice * memory);
    }

    private bool CanSend(Request request, Ledger ledger, Fleet fleet) =>
        HasRoom(request, ledger) && (ledger.Role != InstanceRole.Prefill || Decoder(request, fleet) is not null);

    private Released Send(int at, Ledger ledger, Fleet fleet)
    {
        var request = held[at];
        held.RemoveAt(at);
        return new Released(request, RouteTo(ledger, ledger.Role == InstanceRole.Prefill ? Decoder(request, fleet) : null));
    }
}
