using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What one instance could do for one request, as far as the router can tell.</summary>
/// <param name="FirstToken">Predicted wait for the first token, ms from now.</param>
/// <param name="Own">Predicted time of its own prompt there, ms.</param>
/// <param name="Pace">Predicted time between its later tokens, ms.</param>
/// <param name="Loss">Gain of the first tokens of others that it would push past their deadlines.</param>
internal readonly record struct Outlook(double FirstToken, double Own, double Pace, double Loss)
{
    /// <summary>An answer that is behind is taken to gain on its deadlines by at least a tenth of a TPOT each token.</summary>
    private const double FastestPace = 0.9;

    /// <summary>Walks the instance's list by deadline, in steps of its budget.</summary>
    /// <param name="request">The newcomer.</param>
    /// <param name="ledger">The instance.</param>
    /// <param name="hit">Tokens of the prompt that are expected to be cached there.</param>
    /// <param name="margin">The part of a deadline's remaining time that is counted on.</param>
    /// <param name="now">The present moment.</param>
    public static Outlook Of(Request request, Ledger ledger, int hit, double margin, Instant now)
    {
        double own = ledger.Latency.Prefill(request.PromptTokens - hit, hit);
        double budget = BudgetOf(request, ledger);
        var line = new Line(ledger, budget);
        var due = request.Deadline(0);
        double sum = 0;
        double first = 0;
        double loss = 0;
        bool isIn = false;
        foreach (ref readonly var item in ledger.Prefills.Items)
        {
            double least = (item.Due - now).TotalMilliseconds * margin;
            if (!isIn && item.Due > due)
            {
                isIn = true;
                first = line.Finish(sum + own);
            }

            sum += item.Nanoseconds * 1e-6;
            if (isIn && line.Finish(sum) < least && line.Finish(sum + own) >= least)
            {
                loss += item.Gain * 1e-6;
            }
        }

        return new Outlook(isIn ? first : line.Finish(sum + own), own, Math.Max(line.Step, ledger.Prefills.Count > 1 ? budget : 0), loss);
    }

    /// <summary>The step the instance may take with this request there: the strictest time between tokens, ms.</summary>
    public static double BudgetOf(Request request, Ledger ledger)
    {
        var own = request.Class.Slo.NextToken;
        return (ledger.StrictestNextToken is { } there && there < own ? there : own).TotalMilliseconds;
    }

    /// <summary>The gain that is expected of the request if its first token comes after this wait.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answer">Tokens its answer is expected to have.</param>
    /// <param name="wait">The wait for the first token, ms.</param>
    /// <param name="pace">The time between later tokens, ms.</param>
    /// <param name="now">The present moment.</param>
    public static double Gain(Request request, double answer, double wait, double pace, Instant now)
    {
        double late = wait - (request.Deadline(0) - now).TotalMilliseconds;
        if (late <= 0)
        {
            return request.Class.FirstTokenGain + (request.Class.NextTokenGain * answer);
        }

        // Each later token makes up for this much; answers of unknown length thin out as they go on.
        double tpot = request.Class.Slo.NextToken.TotalMilliseconds;
        double catchUp = tpot - Math.Min(pace, FastestPace * tpot);

        double left = answer / (answer + (late / catchUp));
        return request.Class.NextTokenGain * answer * left * left;
    }
}
