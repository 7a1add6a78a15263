using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Live;

/// <summary>How a scenario is run.</summary>
internal sealed record Setting
{
    /// <summary>The command line, for the JSON.</summary>
    public string Command { get; init; } = "";

    /// <summary>A model file; null for a random model.</summary>
    public string? ModelPath { get; init; }

    /// <summary>The random model's size, as in <c>sluice model make</c>.</summary>
    public string Size { get; init; } = "110m";

    /// <summary>How the random model's weights are stored.</summary>
    public WeightType Weights { get; init; } = WeightType.Q4;

    /// <summary>Threads that compute.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>How often each policy is tried, in turn.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Requests of a run.</summary>
    public int Requests { get; init; } = 300;

    /// <summary>How long steps are measured before the first run.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The policies, in the order in which they are tried; the first is what the others are compared with.</summary>
    public IReadOnlyList<string> Batchings { get; init; } = ["fcfs", "slide"];

    /// <summary>Asks the scenario to stop.</summary>
    public CancellationToken Cancel { get; init; }
}
