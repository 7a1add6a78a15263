using Sluice.Cli.Flags;
using Sluice.Simulation;

namespace Sluice.Cli.Load;

/// <summary>What is to be sent where.</summary>
internal sealed record LoadPlan
{
    /// <summary>The server's address, without a path.</summary>
    public required Uri Url { get; init; }

    /// <summary>The model to ask for; null takes the one that is served.</summary>
    public string? Model { get; init; }

    /// <summary>The bearer token; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The requests.</summary>
    public required TraceSource Trace { get; init; }

    /// <summary>Arrival times are divided by this; null when <see cref="Rate"/> says it.</summary>
    public double? RateScale { get; init; }

    /// <summary>Mean requests a second; null leaves the trace's own times <see cref="RateScale"/>.</summary>
    public double? Rate { get; init; }

    /// <summary>The classes; without a name of its own the default one is not told to the server.</summary>
    public required IReadOnlyList<ClassShare> Classes { get; init; }

    /// <summary>Whether classes were named, and are to be told to the server.</summary>
    public required bool TellsClasses { get; init; }

    /// <summary>The seed of classes and prompts.</summary>
    public required int Seed { get; init; }
}
