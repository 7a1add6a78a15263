using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Core.Tests.Routing;

/// <summary>
/// GoRouting written down as proserve.md e.2 tells it: lists copied, urgency found, lists sorted, everything summed
/// anew for each request. Slow and literal, to hold the fast one against.
/// </summary>
internal sealed class PlainGoRouting(IReadOnlyList<PlainInstance> fleet, GoRoutingOptions options)
{
    public (int Prefill, int Decode, GoRoutingBranch Branch)? Choose(Request q, Instant now)
    {
        var entrances = fleet.Where(i => i.IsUp && i.Role != InstanceRole.Decode).ToList();
        var decoders = fleet.Where(i => i.IsUp && i.Role == InstanceRole.Decode).ToList();
        bool isSplit = fleet.Any(i => i.Role != InstanceRole.Both);
        if (entrances.Count == 0 || (isSplit && decoders.Count == 0))
        {
            return null;
        }

        var outlooks = entrances.Select(i => (Instance: i, Outlook: Weigh(q, i, now))).ToList();
        var (chosen, branch) = Decide(outlooks, q.Class.Slo.FirstToken.Ticks * 100);
        int decode = isSplit ? decoders.OrderBy(i => i.Assigned.Count).ThenBy(i => i.Index).First().Index : chosen;
        return (chosen, decode, branch);
    }

    public PrefillOutlook Weigh(Request q, PlainInstance instance, Instant now)
    {
        int decodes = instance.Decoding.Count;
        double onTop = decodes == 0 ? 0 : instance.Latency.Prefill(decodes, 0);
        long constant = Nanoseconds(instance.Latency.Constant + onTop);
        var list = Sorted(instance, constant, now);
        long done = options.CreditElapsed && list.Count > 0 ? (now - instance.Stamp).Ticks * 100 : 0;

        long before = Time(list);
        long gainBefore = Gain(list, before);
        int urgent = list.TakeWhile(member => member.IsUrgent).Count();
        list.Insert(urgent, new Member(q, Est(q, instance), IsUrgent: false));
        long after = Time(list);
        return new PrefillOutlook(before, after, Gain(list, after) - gainBefore);

        long Time(List<Member> members)
        {
            long time = members.Sum(member => member.Est) + (constant * members.Count) - done;
            return time < 0 ? constant : time;
        }

        long Gain(List<Member> members, long time) => members
            .Where(member => options.Margin * Rem(member.Request, now) > time)
            .Sum(member => (long)Math.Round(member.Request.Class.FirstTokenGain * 1e6));
    }

    private (int, GoRoutingBranch) Decide(List<(PlainInstance Instance, PrefillOutlook Outlook)> all, long firstToken)
    {
        long most = all.Max(x => x.Outlook.Gain);
        if (most <= 0)
        {
            return (all.OrderBy(x => x.Outlook.Before).First().Instance.Index, GoRoutingBranch.Unsavable);
        }

        var candidates = all.Where(x => x.Outlook.Gain > options.NearShare * most).ToList();
        var lightest = candidates.OrderBy(x => x.Outlook.Before).First();
        if (lightest.Outlook.Before < options.IdleShare * firstToken)
        {
            return (lightest.Instance.Index, GoRoutingBranch.Idle);
        }

        var bearable = candidates.Where(x => x.Outlook.After <= options.HeavyShare * firstToken).ToList();
        return bearable.Count == 0
            ? (lightest.Instance.Index, GoRoutingBranch.Heavy)
            : (bearable.OrderByDescending(x => x.Outlook.Before).First().Instance.Index, GoRoutingBranch.Pack);
    }

    /// <summary>The outstanding list in the engine's order: urgent first by density, the others by remaining time.</summary>
    private static List<Member> Sorted(PlainInstance instance, long constant, Instant now)
    {
        var list = instance.Prefilling.Select(r => new Member(r, Est(r, instance), IsUrgent: false)).ToList();
        if (list.Count == 0)
        {
            return list;
        }

        double least = instance.Role == InstanceRole.Both ? list[0].Request.Class.Slo.NextToken.Ticks * 100 : double.PositiveInfinity;
        foreach (var member in list.Where(m => Rem(m.Request, now) >= m.Est + constant))
        {
            least = Math.Min(least, Rem(member.Request, now));
        }

        double budget = Math.Max(double.IsInfinity(least) ? 0 : least, 4 * constant);
        double danger = list.Sum(member => member.Est) * budget / (budget - constant);
        return [.. list
            .Select(member => member with { IsUrgent = Rem(member.Request, now) < danger })
            .OrderByDescending(member => member.IsUrgent)
            .ThenBy(m => m.IsUrgent ? -m.Request.Class.FirstTokenGain / m.Est : Rem(m.Request, now))
            .ThenBy(member => member.Request.Arrival)
            .ThenBy(member => member.Request.Id)];
    }

    private static long Est(Request r, PlainInstance instance) => Nanoseconds(instance.Latency.Prefill(r.PromptTokens, 0));

    private static long Rem(Request r, Instant now) => (r.Class.Slo.FirstToken - (now - r.Arrival)).Ticks * 100;

    private static long Nanoseconds(double milliseconds) => (long)Math.Round(milliseconds * 1e6);

    private sealed record Member(Request Request, long Est, bool IsUrgent);
}

/// <summary>One instance in plain books.</summary>
internal sealed class PlainInstance(Ledger like)
{
    public int Index => like.Index;

    public InstanceRole Role => like.Role;

    public ILatencyModel Latency => like.Latency;

    public bool IsUp { get; set; } = true;

    public List<Request> Prefilling { get; } = [];

    public List<Request> Decoding { get; } = [];

    public List<Request> Assigned { get; } = [];

    public Instant Stamp { get; set; }
}
