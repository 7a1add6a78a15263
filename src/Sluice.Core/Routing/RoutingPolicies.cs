namespace Sluice.Core.Routing;

/// <summary>Every routing policy there is: help, errors and the dashboard draw from here.</summary>
public static class RoutingPolicies
{
    /// <summary>All of them, plainest first.</summary>
    public static IReadOnlyList<RoutingPolicyEntry> All { get; } =
    [
        new("random", "any instance, by seed", [], (_, context) => new RandomRouting(context.Seed)),
        new("roundrobin", "each instance in turn", [], (_, _) => new RoundRobin()),
        new("leastload", "the fewest outstanding prompt tokens and decodes", [], (_, _) => new LeastLoad()),
        new("p2c", "the lesser load of two drawn by seed", [], (_, context) => new PowerOfTwoChoices(context.Seed)),
        new("prefix", "the instance that was sent the longest known beginning of the prompt, unless overloaded",
            PrefixAffinityOptions.Known,
            (options, context) => new PrefixAffinity(PrefixAffinityOptions.From(options), context.Instances)),
        new("sloaware", "the shortest predicted wait; decodes fill one instance up to a target",
            SloAwareOptions.Known,
            (options, _) => new SloAware(SloAwareOptions.From(options))),
        new("gorouting", "the most gain, packing the fullest instance that bears it (ProServe, as published)",
            GoRoutingOptions.Known,
            (options, _) => new GoRouting(GoRoutingOptions.From(options))),
        new("polyserve", "a tier of instances for each TPOT, filled one after the other (PolyServe)",
            PolyServeOptions.Known,
            (options, _) => new PolyServeRouting(PolyServeOptions.From(options))),
        new("gain", "the most gain over the fleet: held here until an instance has room, then the best request for it (ours)",
            GainRoutingOptions.Known,
            (options, context) => new GainRouting(GainRoutingOptions.From(options), context.Instances)),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>Reads <c>name</c> or <c>name:key=value:key=value</c>.</summary>
    /// <exception cref="UnknownNameException">No policy or no option has that name.</exception>
    /// <exception cref="ArgumentException">An option's value cannot be.</exception>
    public static RoutingPolicyChoice Parse(string spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string name = spec.Split(':')[0];
        RoutingPolicyEntry entry = All.FirstOrDefault(entry => entry.Name == name)
            ?? throw new UnknownNameException("routing policy", name, Names);
        var choice = new RoutingPolicyChoice(spec, entry, PolicyOptions.Of(spec, entry.Options));
        choice.Create(new RoutingPolicyContext());
        return choice;
    }
}

/// <summary>What a routing policy is told about the run it decides for.</summary>
public sealed record RoutingPolicyContext
{
    /// <summary>The seed of the policies that draw. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many instances the fleet has. Default 1.</summary>
    public int Instances { get; init; } = 1;
}

/// <summary>One policy of the list.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">One line for the help.</param>
/// <param name="Options">The options it takes.</param>
/// <param name="Create">Makes one for one router.</param>
public sealed record RoutingPolicyEntry(
    string Name,
    string Summary,
    IReadOnlyList<PolicyOption> Options,
    Func<PolicyOptions, RoutingPolicyContext, IRoutingPolicy> Create);

/// <summary>A policy with its options, as the user named it.</summary>
/// <param name="Spec">As given.</param>
/// <param name="Entry">The policy.</param>
/// <param name="Options">Its options.</param>
public sealed record RoutingPolicyChoice(string Spec, RoutingPolicyEntry Entry, PolicyOptions Options)
{
    /// <summary>Makes the policy for one router.</summary>
    public IRoutingPolicy Create(RoutingPolicyContext context) => Entry.Create(Options, context);
}
