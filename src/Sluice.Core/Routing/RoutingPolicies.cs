namespace Sluice.Core.Routing;

/// <summary>What a routing policy may be given.</summary>
public sealed record RoutingOptions
{
    /// <summary>The seed of the policies that draw. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many instances the fleet has. Default 1.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>For <c>prefix</c>.</summary>
    public PrefixAffinityOptions Prefix { get; init; } = new();

    /// <summary>For <c>sloaware</c>.</summary>
    public SloAwareOptions SloAware { get; init; } = new();

    /// <summary>For <c>gorouting</c>.</summary>
    public GoRoutingOptions GoRouting { get; init; } = new();

    /// <summary>For <c>gain</c>.</summary>
    public GainRoutingOptions Gain { get; init; } = new();

    /// <summary>Returns these options, or says which one to change.</summary>
    public RoutingOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Instances, 1);
        Prefix.Checked();
        SloAware.Checked();
        GoRouting.Checked();
        Gain.Checked();
        return this;
    }
}

/// <summary>One line of the list of routing policies.</summary>
/// <param name="name">What it is called in flags and reports.</param>
/// <param name="summary">What it does, in one line.</param>
/// <param name="make">Makes one from options that were checked.</param>
public sealed class RoutingPolicyEntry(string name, string summary, Func<RoutingOptions, IRoutingPolicy> make)
{
    /// <summary>What it is called in flags and reports.</summary>
    public string Name { get; } = name;

    /// <summary>What it does, in one line.</summary>
    public string Summary { get; } = summary;

    /// <summary>Makes one for one router, or says which option to change.</summary>
    public IRoutingPolicy Create(RoutingOptions options) => make(options.Checked());
}

/// <summary>Every routing policy there is: help, errors and the dashboard draw from here.</summary>
public static class RoutingPolicies
{
    /// <summary>All of them, plainest first.</summary>
    public static IReadOnlyList<RoutingPolicyEntry> All { get; } =
    [
        new("random", "any instance, by seed", options => new RandomRouting(options.Seed)),
        new("roundrobin", "each instance in turn", _ => new RoundRobin()),
        new("leastload", "the fewest outstanding prompt tokens and decodes", _ => new LeastLoad()),
        new("p2c", "the lesser load of two drawn by seed", options => new PowerOfTwoChoices(options.Seed)),
        new("prefix", "the instance that was sent the longest known beginning of the prompt, unless overloaded",
            options => new PrefixAffinity(options.Prefix, options.Instances)),
        new("sloaware", "the shortest predicted wait; decodes fill one instance up to a target",
            options => new SloAware(options.SloAware)),
        new("gorouting", "the most gain, packing the fullest instance that bears it (ProServe, as published)",
            options => new GoRouting(options.GoRouting)),
        new("gain", "the most gain over the fleet: held here until an instance has room, then the best request for it (ours)",
            options => new GainRouting(options.Gain, options.Instances)),
    ];

    /// <summary>The policy of this name.</summary>
    /// <exception cref="UnknownNameException">None is called so.</exception>
    public static RoutingPolicyEntry Find(string name) =>
        All.FirstOrDefault(entry => entry.Name == name)
        ?? throw new UnknownNameException("routing policy", name, [.. All.Select(entry => entry.Name)]);
}
