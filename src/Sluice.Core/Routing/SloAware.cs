using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What <see cref="SloAware"/> aims at.</summary>
public sealed record SloAwareOptions
{
    /// <summary>Prefill time beyond which a decode instance helps out; null takes each request's own. Default 1 s.</summary>
    public TimeSpan? FirstToken { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between tokens a decode instance is filled up to; null takes each request's own. Default 50 ms.</summary>
    public TimeSpan? NextToken { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("ttft", "prefill time beyond which a decode instance helps out, or own for each request's (1s)"),
        new("tpot", "time between tokens a decode instance is filled up to, or own for each request's (50ms)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static SloAwareOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SloAwareOptions
        {
            FirstToken = options.Duration("ttft", TimeSpan.FromSeconds(1), none: "own"),
            NextToken = options.Duration("tpot", TimeSpan.FromMilliseconds(50), none: "own"),
        }.Checked();
    }

    /// <summary>Returns these options, or says which one to change.</summary>
    public SloAwareOptions Checked()
    {
        if (FirstToken <= TimeSpan.Zero || NextToken <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"SloAwareOptions aims at a first token in {FirstToken} and the next in {NextToken}. Give both a time above 0.");
        }

        return this;
    }
}

/// <summary>Shortest predicted wait for the prompt, first decode instance that is fast enough (proserve.md e.3).</summary>
/// <remarks>
/// <para>Prompt: the instance whose outstanding prompts take least predicted time. Answer: the first decode instance
/// whose predicted step with this request stays within the target, else the one with the shortest. When even the best
/// prompt wait exceeds the target and the decode group could spare one of its n instances (its shortest step is below
/// target · (n−1)/n), the prompt goes to the decode instance with the shortest step.</para>
/// <para>Co-located, where one instance does both: least prompt wait among those whose step stays within the target;
/// if there is none, the shortest step. Ties: shorter step, then index.</para>
/// <para>Knows no weights, so under overload a high class waits like any other.</para>
/// </remarks>
public sealed class SloAware(SloAwareOptions options) : IRoutingPolicy
{
    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        double target = (options.NextToken ?? request.Class.Slo.NextToken).TotalMilliseconds;
        if (!fleet.IsDisaggregated)
        {
            int only = ChooseWhole(request, fleet.Entrances, target).Index;
            return new Route(only, only);
        }

        var prefill = ShortestWait(fleet.Entrances);
        var decoders = fleet.Decoders;
        Ledger? fits = null;
        var shortest = decoders[0];
        double shortestStep = Step(shortest, request);
        foreach (var decoder in decoders)
        {
            double step = Step(decoder, request);
            fits ??= step <= target ? decoder : null;
            if (step < shortestStep)
            {
                (shortest, shortestStep) = (decoder, step);
            }
        }

        bool isLate = Wait(prefill) > (options.FirstToken ?? request.Class.Slo.FirstToken).TotalMilliseconds;
        bool canSpareOne = shortestStep < target * (decoders.Length - 1) / decoders.Length;
        return new Route((isLate && canSpareOne ? shortest : prefill).Index, (fits ?? shortest).Index);
    }

    private static Ledger ChooseWhole(Request request, ReadOnlySpan<Ledger> among, double target)
    {
        var best = among[0];
        var bestKey = Key(best);
        foreach (var ledger in among[1..])
        {
            var key = Key(ledger);
            if (key.CompareTo(bestKey) < 0)
            {
                (best, bestKey) = (ledger, key);
            }
        }

        return best;

        (bool TooSlow, double First, double Second) Key(Ledger ledger)
        {
            double step = Step(ledger, request);
            return step <= target ? (false, Wait(ledger), step) : (true, step, 0);
        }
    }

    private static Ledger ShortestWait(ReadOnlySpan<Ledger> among)
    {
        var best = among[0];
        foreach (var ledger in among[1..])
        {
            if (Wait(ledger) < Wait(best))
            {
                best = ledger;
            }
        }

        return best;
    }

    /// <summary>Predicted time of all outstanding prompts, one step each, ms.</summary>
    private static double Wait(Ledger ledger) =>
        (ledger.Prefills.Nanoseconds / 1e6) + (ledger.Prefills.Count * ledger.Latency.Constant);

    /// <summary>Predicted decode step with this request in it, ms. The decode term is a straight line, so the mean will do.</summary>
    private static double Step(Ledger ledger, Request request)
    {
        int decodes = ledger.AssignedDecodes + 1;
        int context = (int)Math.Min((ledger.ContextTokens + request.PromptTokens) / decodes, int.MaxValue);
        return ledger.Latency.Constant + (decodes * ledger.Latency.Decode(context));
    }
}
