using System.CommandLine;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Routing;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Flags;

/// <summary>The flags that all verbs with runs share.</summary>
internal sealed class RunFlags
{
    private const int MostInstances = 4096;
    private const int MostSeeds = 10_000;
    private const int MostBlocks = 100_000_000;

    private readonly TraceFlags trace;
    private readonly Option<string> rateScale =
        Flag.Text("--rate-scale", "X[,Y…]", "arrival times are divided by this (default 1)");

    private readonly Option<string[]> classes = ClassFlag.Option();

    private readonly Option<string> profile =
        Flag.Text("--profile", "NAME|FILE", $"latency and memory (default {ProfileCatalog.Default}); a comma list is taken in turn by the instances");

    private readonly Option<string> instances =
        Flag.Text("--instances", "N", "instances in the fleet (default one for each profile)");
    private readonly Option<string> pd = Flag.Text("--pd", "P:D", "P instances prefill, D decode");
    private readonly Option<string> batching =
        Flag.Text("--batching", "NAME[,…]", "batching policy, NAME or NAME:key=value:…, or all");
    private readonly Option<string> routing = Flag.Text("--routing", "NAME[,…]", "routing policy, NAME or NAME:key=value:…, or all (default roundrobin)");
    private readonly Option<string> lengths = LengthsFlag.Option();

    private readonly Option<string> kvBlocks = Flag.Text("--kv-blocks", "N", "device blocks of an instance");
    private readonly Option<string> hostBlocks = Flag.Text("--host-blocks", "N", "host blocks of an instance");
    private readonly Option<string> blockSize = Flag.Text("--block-size", "N", "tokens in a block");
    private readonly Option<string> stepNoise =
        Flag.Text("--step-noise", "X", "standard deviation of step times as a share of them (default 0)");

    private readonly Option<string> seed = Flag.Text("--seed", "N", "seed of all chance (default 1)");
    private readonly Option<string> seeds =
        Flag.Text("--seeds", "K", "K runs with seeds N…N+K-1; figures carry mean and 95 % interval");

    private readonly Option<bool> bound = new("--bound") { Description = "also the gain that no policy can exceed, and the share of it obtained" };

    /// <summary>Registers the flags.</summary>
    public RunFlags(Command command, string defaultBatching)
    {
        ArgumentNullException.ThrowIfNull(command);
        this.defaultBatching = defaultBatching;
        batching.Description += $" (default {defaultBatching})";
        trace = new TraceFlags(command);
        Option[] all =
        [
            rateScale, classes, profile, instances, pd, batching, routing, lengths,
            kvBlocks, hostBlocks, blockSize, stepNoise, seed, seeds, bound,
        ];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
    }

    private readonly string defaultBatching;

    /// <summary>The names the flags take, for the help.</summary>
    public static IReadOnlyList<NameList> Names { get; } =
    [
        new("Batching policies", [.. BatchPolicies.All.SelectMany(entry => Lines(entry.Name, entry.Summary, entry.Options))]),
        new("Routing policies", [.. RoutingPolicies.All.SelectMany(entry => Lines(entry.Name, entry.Summary, entry.Options))]),
        new("Profiles", [.. ProfileCatalog.Names.Select(name => (name, ""))]),
    ];

    /// <summary>Reads and checks all of them.</summary>
    public RunPlan Plan(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        IReadOnlyList<ClassShare> shares = ClassFlag.Read(parsed.GetValue(classes) ?? []);
        int first = Whole(parsed, seed, 0, int.MaxValue - MostSeeds) ?? 1;
        string profileNames = parsed.GetValue(profile) ?? ProfileCatalog.Default;
        string[] named = [.. profileNames.Split(',').Select(name => name.Trim())];
        (int? prefills, int? split) = Split(parsed.GetValue(pd));
        int fleet = Whole(parsed, instances, 1, MostInstances) ?? split ?? named.Length;
        if (split is { } parts && parts != fleet)
        {
            throw new Misuse(
                $"--pd {parsed.GetValue(pd)} makes {parts} instances, but --instances is {fleet}", "leave one of them out");
        }

        if (named.Length > fleet)
        {
            throw new Misuse(
                $"--profile names {named.Length} profiles, but the fleet has {Shown.Count(fleet, "instance")}",
                $"leave profiles out, or raise --instances to {named.Length}");
        }

        SimulationOptions shared = new()
        {
            Instances = RunPlan.Fleet([.. named.Select(ProfileCatalog.Load)], fleet),
            PrefillInstances = prefills,
            Classes = shares,
            KvBlocks = Whole(parsed, kvBlocks, 1, MostBlocks),
            HostBlocks = Whole(parsed, hostBlocks, 0, MostBlocks),
            BlockSize = Whole(parsed, blockSize, 1, 65_536),
            StepNoise = parsed.GetValue(stepNoise) is { } noise ? Read.Number("--step-noise", noise, 0, 1) : 0,
        };
        TraceSource source = trace.Source(parsed);
        return new RunPlan
        {
            ProfileNames = profileNames,
            Shared = shared,
            Batchings = Policies(
                "--batching", parsed.GetValue(batching) ?? defaultBatching, BatchPolicies.Names, name => BatchPolicies.Parse(name)),
            Routings = Policies(
                "--routing", parsed.GetValue(routing) ?? "roundrobin", RoutingPolicies.Names, name => RoutingPolicies.Parse(name)),
            RateScales = [.. Read.List("--rate-scale", parsed.GetValue(rateScale) ?? "1")
                .Select(text => Read.Number("--rate-scale", text, 1e-6, 1e6))],
            Seeds = [.. Enumerable.Range(first, Whole(parsed, seeds, 1, MostSeeds) ?? 1)],
            Bound = parsed.GetValue(bound),
            Trace = source,
            Lengths = LengthsFlag.Choices(parsed.GetValue(lengths), source),
        };
    }

    private static IReadOnlyList<string> Policies(string flag, string text, IReadOnlyList<string> all, Action<string> check)
    {
        IReadOnlyList<string> named = Read.List(flag, text);
        foreach (string name in named.Where(name => name != "all"))
        {
            check(name);
        }

        return [.. named.SelectMany(name => name == "all" ? all : [name]).Distinct()];
    }

    /// <summary>A policy and, below it, its options.</summary>
    private static IEnumerable<(string Name, string Summary)> Lines(
        string name, string summary, IReadOnlyList<PolicyOption> options) =>
        options.Select(option => ($"  :{option.Name}=", option.Summary)).Prepend((name, summary));

    private static (int? Prefills, int? Instances) Split(string? text)
    {
        if (text is null)
        {
            return (null, null);
        }

        string[] parts = text.Split(':');
        if (parts.Length != 2)
        {
            throw new Misuse($"--pd cannot be `{text}`", "write it as P:D, prefill and decode instances, as in `--pd 2:6`");
        }

        int prefills = Read.Whole("the prefill part of --pd", parts[0], 1, MostInstances);
        int decodes = Read.Whole("the decode part of --pd", parts[1], 1, MostInstances - prefills);
        return (prefills, prefills + decodes);
    }

    private static int? Whole(ParseResult parsed, Option<string> option, int least, int most) =>
        parsed.GetValue(option) is { } text ? Read.Whole(option.Name, text, least, most) : null;
}
