using Sluice.Core;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Live.Scenarios;

/// <summary>Something the live engine shows.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">One line.</param>
/// <param name="Usual">How it is run unless told otherwise.</param>
/// <param name="Run">Runs it.</param>
internal sealed record Scenario(string Name, string Summary, Setting Usual, Func<Setting, Task<Findings>> Run)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("overload", "1.5 times what the machine holds, two classes: who earns what", new Setting { Rounds = 3, Requests = 400, Sweep = TimeSpan.FromSeconds(60) }, Overload.RunAsync),
        new("light", "a fifth of what the machine holds: does a policy cost anything",
            new Setting { Rounds = 5, Requests = 24, Sweep = TimeSpan.FromSeconds(60), Batchings = ["fcfs", "priority", "edf", "density", "proserve", "slide"] }, Light.RunAsync),
        new("stall", "an answer streams while a prompt of 4,096 tokens arrives",
            new Setting { Size = "125m", Weights = WeightType.Q8, Threads = 2, Batchings = ["fcfs", "slide:gap=1"] }, Stall.RunAsync),
        new("busy", "all seats are taken by long answers, and an urgent request comes",
            new Setting { Size = "125m", Weights = WeightType.Q8, Threads = 2, Rounds = 5 }, Busy.RunAsync),
        new("overflow", "four requests that each fit alone but not together",
            new Setting { Size = "15m", Weights = WeightType.F32, Rounds = 1, Sweep = TimeSpan.FromSeconds(3) }, Overflow.RunAsync),
        new("reload", "3 to 10 thousand tokens of interrupted answers come back",
            new Setting { Size = "125m", Weights = WeightType.Q8, Threads = 2, Rounds = 1 }, Reload.RunAsync),
    ];

    /// <summary>The one with this name.</summary>
    /// <exception cref="UnknownNameException">There is none.</exception>
    public static Scenario Named(string name) =>
        All.FirstOrDefault(one => one.Name == name)
            ?? throw new UnknownNameException("scenario", name, [.. All.Select(one => one.Name)]);
}
