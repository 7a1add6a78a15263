using Sluice.Simulation;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Flags;

/// <summary>What a command is to run: every policy pair at every load with every seed.</summary>
internal sealed record RunPlan
{
    /// <summary>The requests.</summary>
    public required TraceSource Trace { get; init; }

    /// <summary>The profiles as they were named, comma-separated.</summary>
    public required string ProfileNames { get; init; }

    /// <summary>The files it reads, with what each is.</summary>
    public IReadOnlyList<(string What, string Path)> Inputs =>
        [
            .. Trace.Inputs,
            .. ProfileNames.Split(',').Select(name => name.Trim()).Where(File.Exists).Select(name => ("the profile", name)),
            .. Lengths.Select(choice => choice.Name).Where(File.Exists).Select(name => ("the length predictor", name)),
        ];

    /// <summary>The options all runs share.</summary>
    public required SimulationOptions Shared { get; init; }

    /// <summary>Batching policies.</summary>
    public required IReadOnlyList<string> Batchings { get; init; }

    /// <summary>Routing policies.</summary>
    public required IReadOnlyList<string> Routings { get; init; }

    /// <summary>What the policies may know of answer lengths. Default nothing.</summary>
    public IReadOnlyList<LengthChoice> Lengths { get; init; } = [LengthChoice.None];

    /// <summary>Loads.</summary>
    public required IReadOnlyList<double> RateScales { get; init; }

    /// <summary>Seeds.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>Whether the bound of the gain is wanted too.</summary>
    public bool Bound { get; init; }

    /// <summary>Most runs at the same time; all cores by default.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>The options of every run, in the order of reports: by load, then policy pair, then knowledge of lengths, then seed.</summary>
    public IReadOnlyList<SimulationOptions> Runs() =>
        [.. from rateScale in RateScales
            from batching in Batchings
            from routing in Routings
            from known in Lengths
            from seed in Seeds
            select Shared with
            {
                RateScale = rateScale,
                Batching = batching,
                Routing = routing,
                Lengths = known.Knowledge,
                LengthsName = known.Name,
                Predictor = known.Predictor,
                Seed = seed,
            }];

    /// <summary>One profile an instance: the given ones in turn.</summary>
    public static IReadOnlyList<Profile> Fleet(IReadOnlyList<Profile> profiles, int instances) =>
        [.. Enumerable.Range(0, instances).Select(i => profiles[i % profiles.Count])];
}
