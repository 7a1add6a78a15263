using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Cli.Flags;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;

namespace Sluice.Study;

/// <summary>What a scene compares.</summary>
internal enum SceneKind
{
    /// <summary>Batching policies.</summary>
    Batching,

    /// <summary>Batching policies where KV memory is short.</summary>
    Memory,

    /// <summary>Routing policies, with one or several batching policies below them.</summary>
    Routing,
}

/// <summary>One trace on one fleet under several policies, at five loads around its saturation.</summary>
internal sealed record Scene
{
    /// <summary>What <c>--scene</c> calls it, and its results' file.</summary>
    public required string Name { get; init; }

    /// <summary>What a reader sees.</summary>
    public required string Title { get; init; }

    /// <summary>What it compares.</summary>
    public required SceneKind Kind { get; init; }

    /// <summary>The trace's file, below the folder of traces.</summary>
    public required string Trace { get; init; }

    /// <summary>Its first this many requests.</summary>
    public required int Limit { get; init; }

    /// <summary>
    /// The load, in multiples of the trace's own rate, at which the best published policy's gain ratio falls below 0.95 of what it
    /// is under light load (<see cref="SaturationSearch"/>).
    /// </summary>
    public required double Saturation { get; init; }

    /// <summary>Service classes as on the command line; the first is the highest.</summary>
    public IReadOnlyList<string> Classes { get; init; } = StudyPlan.TwoClasses;

    /// <summary>Profiles, comma-separated, taken in turn by the instances.</summary>
    public string Profile { get; init; } = ProfileCatalog.Default;

    /// <summary>Instances in the fleet.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>How many of them prefill, the others decode; null where every instance does both.</summary>
    public int? Prefills { get; init; }

    /// <summary>Device blocks of an instance; null takes the profile's.</summary>
    public int? KvBlocks { get; init; }

    /// <summary>Batching policies.</summary>
    public IReadOnlyList<string> Batchings { get; init; } = StudyPlan.Batchings;

    /// <summary>Routing policies.</summary>
    public IReadOnlyList<string> Routings { get; init; } = ["roundrobin"];

    /// <summary>What the command line would call a load of this many times saturation.</summary>
    public double RateScale(double load) => Math.Round(load * Saturation, 4);

    /// <summary>The runs at all of the study's loads and seeds.</summary>
    public RunPlan Plan(string traces, int workers) => Plan(traces, workers, StudyPlan.Loads, StudyPlan.Seeds);

    /// <summary>The runs at these loads, which are multiples of saturation.</summary>
    public RunPlan Plan(string traces, int workers, IReadOnlyList<double> loads, IReadOnlyList<int> seeds) => new()
    {
        Trace = TraceSource.File(Path.Combine(traces, Trace), format: null, skipBadLines: false, Limit),
        ProfileNames = Profile,
        Shared = new SimulationOptions
        {
            Instances = RunPlan.Fleet([.. Profile.Split(',').Select(ProfileCatalog.Load)], Instances),
            PrefillInstances = Prefills,
            Classes = ClassFlag.Read(Classes),
            KvBlocks = KvBlocks,
        },
        Batchings = Batchings,
        Routings = Routings,
        RateScales = [.. loads.Select(RateScale)],
        Seeds = seeds,
        Bound = true,
        Workers = workers,
    };

    /// <summary>A digest of all that the results follow from besides the program: scene, loads, seeds, trace and profiles.</summary>
    public string Digest(string traces)
    {
        StringBuilder inputs = new();
        inputs.AppendLine(JsonSerializer.Serialize(this with { Title = "" }));
        inputs.AppendJoin(',', StudyPlan.Loads).AppendLine();
        inputs.AppendJoin(',', StudyPlan.Seeds).AppendLine();
        foreach (string profile in Profile.Split(','))
        {
            inputs.AppendLine(ProfileCatalog.Text(profile));
        }

        using FileStream trace = File.OpenRead(Path.Combine(traces, Trace));
        inputs.Append(Convert.ToHexStringLower(SHA256.HashData(trace)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(inputs.ToString())))[..16];
    }
}
