using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>The thresholds of <see cref="GoRouting"/>, as published.</summary>
public sealed record GoRoutingOptions
{
    /// <summary>An instance is idle when its list takes less than this share of the newcomer's TTFT. Default 0.1.</summary>
    public double IdleShare { get; init; } = 0.1;

    /// <summary>It is heavy when its list with the newcomer takes more than this share of it. Default 0.8.</summary>
    public double HeavyShare { get; init; } = 0.8;

    /// <summary>A candidate gains more than this share of the best gain. Default 0.9.</summary>
    public double NearShare { get; init; } = 0.9;

    /// <summary>The part of a deadline's remaining time that is counted on. Default 0.9.</summary>
    public double Margin { get; init; } = 0.9;

    /// <summary>
    /// Whether the time since an instance's last prefill event counts as done, as older versions had it. Default no: an
    /// instance that stalls would look the emptier the longer it stalls.
    /// </summary>
    public bool CreditElapsed { get; init; }

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("idle", "idle below this share of the newcomer's TTFT (0.1)"),
        new("heavy", "heavy above this share of it (0.8)"),
        new("near", "a candidate gains more than this share of the best gain (0.9)"),
        new("margin", "the part of a deadline's remaining time that is counted on (0.9)"),
        new("credit-elapsed", "time since the last prefill event counts as done, on or off (off)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static GoRoutingOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new GoRoutingOptions
        {
            IdleShare = options.Number("idle", 0.1, 0.0001, 1),
            HeavyShare = options.Number("heavy", 0.8, 0.0001, 1),
            NearShare = options.Number("near", 0.9, 0.0001, 1),
            Margin = options.Number("margin", 0.9, 0.0001, 1),
            CreditElapsed = options.Switch("credit-elapsed", false),
        }.Checked();
    }

    /// <summary>Returns these options, or says which one to change.</summary>
    public GoRoutingOptions Checked()
    {
        foreach (var (value, name) in new[]
        {
            (IdleShare, nameof(IdleShare)), (HeavyShare, nameof(HeavyShare)),
            (NearShare, nameof(NearShare)), (Margin, nameof(Margin)),
        })
        {
            if (!(value is > 0 and <= 1))
            {
                throw new ArgumentException($"GoRoutingOptions.{name} is {value}. Give it a number above 0, at most 1.");
            }
        }

        return this;
    }
}

/// <summary>Which of its rules made a choice.</summary>
public enum GoRoutingBranch
{
    /// <summary>A candidate is nearly empty: the emptiest, so that nothing idles.</summary>
    Idle,

    /// <summary>All candidates are heavy: the least loaded.</summary>
    Heavy,

    /// <summary>The fullest candidate that is not heavy, which keeps the light ones free.</summary>
    Pack,

    /// <summary>No instance gains anything: the least loaded of all.</summary>
    Unsavable,
}

/// <summary>What a request would do to one instance's list of prompts.</summary>
/// <param name="Before">Predicted time of the list, ns.</param>
/// <param name="After">Predicted time of the list with the request, ns.</param>
/// <param name="Gain">Gain of the first tokens in time with the request, less that without, in millionths.</param>
public readonly record struct PrefillOutlook(long Before, long After, long Gain);

/// <summary>GoRouting of ProServe as published (proserve.md e.2): most gain, and among equals the fullest that bears it.</summary>
/// <remarks>
/// <para>Plain balancing fills all instances halfway, and then none can take a long or urgent prompt in time. This
/// packs instead, and keeps light instances in reserve.</para>
/// <para>Each waiting prompt is compared with the time of the whole list. So the order inside the list, which the
/// original computes, decides nothing, and sums suffice: two binary searches an instance. The price is pessimism: a
/// long list looks lost altogether, and under overload most choices end in <see cref="GoRoutingBranch.Unsavable"/>,
/// which is least load. Cached prefixes and free blocks are not looked at. Ties by index.</para>
/// <para>Co-located, D running decodes cost each step what a prefill of D tokens costs. Disaggregated, the decode
/// instance is the one with the fewest assigned decodes.</para>
/// </remarks>
public sealed class GoRouting(GoRoutingOptions options) : IRoutingPolicy
{
    private PrefillOutlook[] outlooks = [];

    /// <summary>The rule that made the latest choice.</summary>
    public GoRoutingBranch LatestBranch { get; private set; }

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        var entrances = fleet.Entrances;
        if (outlooks.Length < entrances.Length)
        {
            outlooks = new PrefillOutlook[fleet.All.Length];
        }

        long most = 0;
        for (int i = 0; i < entrances.Length; i++)
        {
            outlooks[i] = Weigh(request, entrances[i], now);
            most = Math.Max(most, outlooks[i].Gain);
        }

        return fleet.RouteFrom(entrances[Decide(entrances.Length, most, WholeNumbers.Nanoseconds(request.Class.Slo.FirstToken))]);
    }

    /// <summary>What a request would do to an instance that takes prompts.</summary>
    public PrefillOutlook Weigh(Request request, Ledger ledger, Instant now)
    {
        var prefills = ledger.Prefills;
        var newcomer = OutstandingPrefill.Of(request, ledger);
        double decodes = ledger.Decodes == 0 ? 0 : ledger.Latency.Prefill(ledger.Decodes, 0);
        long constant = WholeNumbers.Nanoseconds(ledger.Latency.Constant + decodes);
        long done = options.CreditElapsed && prefills.Count > 0
            ? WholeNumbers.Nanoseconds(now - ledger.LastPrefillEvent)
            : 0;

        long before = Time(prefills.Nanoseconds, prefills.Count);
        long after = Time(prefills.Nanoseconds + newcomer.Nanoseconds, prefills.Count + 1);
        long own = WholeNumbers.CanWait(newcomer.Due, now, options.Margin, after) ? newcomer.Gain : 0;
        long gain = own
            + prefills.GainOfThoseWhoCanWait(now, options.Margin, after)
            - prefills.GainOfThoseWhoCanWait(now, options.Margin, before);
        return new PrefillOutlook(before, after, gain);

        long Time(long sum, int count)
        {
            long time = sum + (constant * count) - done;
            return time < 0 ? constant : time;
        }
    }

    /// <summary>The place of the chosen one among the outlooks.</summary>
    private int Decide(int count, long most, long firstToken)
    {
        int? lightest = null;
        int? fullest = null;
        for (int i = 0; i < count; i++)
        {
            ref readonly var outlook = ref outlooks[i];
            if (most > 0 && !(outlook.Gain > options.NearShare * most))
            {
                continue;
            }

            if (lightest is null || outlook.Before < outlooks[lightest.Value].Before)
            {
                lightest = i;
            }

            if (outlook.After <= options.HeavyShare * firstToken
                && (fullest is null || outlook.Before > outlooks[fullest.Value].Before))
            {
                fullest = i;
            }
        }

        int light = lightest!.Value;
        LatestBranch = most <= 0 ? GoRoutingBranch.Unsavable
            : outlooks[light].Before < options.IdleShare * firstToken ? GoRoutingBranch.Idle
            : fullest is null ? GoRoutingBranch.Heavy
            : GoRoutingBranch.Pack;
        return LatestBranch == GoRoutingBranch.Pack ? fullest!.Value : light;
    }
}
