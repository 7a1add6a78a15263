using Sluice.Core;

namespace Sluice.Study;

/// <summary>What the study runs.</summary>
/// <remarks>
/// A scene's saturation is that of the policies it compares, as <c>--saturation</c> finds it. Requests are chosen such that the
/// whole study takes less than an hour on two cores; eight instances need more of them, for their arrivals pass eight times as fast.
/// </remarks>
internal static class StudyPlan
{
    /// <summary>Our batching policy.</summary>
    public const string OurBatching = "slide";

    /// <summary>Our routing policy.</summary>
    public const string OurRouting = "gain";

    /// <summary>The published policy that ours starts from.</summary>
    public const string ProServe = "proserve";

    /// <summary>The strongest published batching policy; the yardstick below the routers.</summary>
    public const string Yardstick = "proserve:starvation=off";

    /// <summary>Half of the requests are strict and worth twice as much.</summary>
    public static readonly IReadOnlyList<string> TwoClasses =
        ["high=0.5,weight=2,ttft=1s,tpot=50ms", "low=0.5,weight=1,ttft=4s,tpot=100ms"];

    /// <summary>Every batching policy that decides without predicted lengths; ours last.</summary>
    public static readonly IReadOnlyList<string> Batchings =
    [
        "fcfs", "sarathi", "priority", "edf", "sjf", "density", "vtc", "fairbatching", "polyserve", ProServe, Yardstick, OurBatching,
    ];

    /// <summary>Routing policies; ours last.</summary>
    public static readonly IReadOnlyList<string> Routings =
        ["random", "roundrobin", "leastload", "p2c", "prefix", "sloaware", "gorouting", "polyserve", OurRouting];

    /// <summary>Loads as multiples of saturation.</summary>
    public static readonly IReadOnlyList<double> Loads = [0.4, 0.8, 1, 1.25, 1.5];

    /// <summary>Seeds; no policy was tuned on them.</summary>
    public static readonly IReadOnlyList<int> Seeds = [11, 12, 13];

    private const string Conversations = "azure2023_conv_dev.csv.gz";
    private const string Code = "azure2023_code_dev.csv.gz";
    private const string Large = "servegen/sampled_m-large_dev.csv.gz";
    private const string Mooncake = "mooncake_conversation_dev.csv.gz";
    private const string Reasoning = "servegen/sampled_deepseek-r1_dev.csv.gz";
    private const string Small = "llama3.1-8b-rtx4090";
    private const string TwoGenerations = "llama3-8b-h100,llama3-8b-a100";
    private const string OneAndTwoGpus = "llama3.1-8b-rtxpro6000,llama3.1-8b-rtxpro6000-tp2";

    /// <summary>All scenes, in the order of the report.</summary>
    public static readonly IReadOnlyList<Scene> Scenes =
    [
        One("conv-1", "Azure conversations", Conversations, 3000, 5.03),
        One("code-1", "Azure code, bursty", Code, 3000, 1.31),
        One("large-1", "ServeGen m-large", Large, 3000, 1.93),
        One("mooncake-1", "Mooncake conversations, long, shared prefixes", Mooncake, 1200, 0.314),
        One("reasoning-1", "ServeGen deepseek-r1, long answers", Reasoning, 1000, 0.643),

        Eight("conv-8", "Azure conversations", Conversations, 6000, 42.5),
        Eight("code-8", "Azure code, bursty", Code, 5000, 43.2),
        Eight("large-8", "ServeGen m-large", Large, 6000, 15.7),
        Eight("mooncake-8", "Mooncake conversations, long, shared prefixes", Mooncake, 2000, 3.34),

        Eight("conv-8-long", "Azure conversations, all 13,828", Conversations, 13_828, 40.4),

        Memory("memory-4090", "RTX 4090, all 2,588 blocks", Small, null, 0.635),
        Memory("memory-4090-three-quarters", "RTX 4090, 1,941 blocks", Small, 1941, 0.547),
        Memory("memory-4090-half", "RTX 4090, 1,294 blocks", Small, 1294, 0.43),
        Memory("memory-h100-quarter", "H100, 7,059 of 28,236 blocks", "llama3-8b-h100", 7059, 4.16),
        Memory("memory-h100-eighth", "H100, 3,530 of 28,236 blocks", "llama3-8b-h100", 3530, 3.02),
        Memory("memory-h100-sixteenth", "H100, 1,765 of 28,236 blocks", "llama3-8b-h100", 1765, 1.86),

        Route("route-conv", "Azure conversations, 8 × H100", Conversations, 5000, 48.4),
        Route("route-conv-long", "Azure conversations, all 13,828, 8 × H100", Conversations, 13_828, 40.8),
        Route("route-code", "Azure code, 8 × H100", Code, 5000, 43.5),
        Route("route-large", "ServeGen m-large, 8 × H100", Large, 5000, 17.6),
        Route("route-mooncake", "Mooncake conversations, 8 × H100", Mooncake, 2000, 3.59),
        Route("route-conv-pd", "Azure conversations, 8 × H100, P/D 3:5", Conversations, 5000, 35.5) with { Prefills = 3 },
        Route("route-code-pd", "Azure code, 8 × H100, P/D 6:2", Code, 5000, 34.5) with { Prefills = 6 },
        Route("route-large-pd", "ServeGen m-large, 8 × H100, P/D 4:4", Large, 5000, 15.2) with { Prefills = 4 },
        Route("route-mooncake-pd", "Mooncake conversations, 8 × H100, P/D 5:3", Mooncake, 2000, 3.01) with { Prefills = 5 },
        Route("route-conv-mixed", "Azure conversations, 4 × H100 and 4 × A100", Conversations, 5000, 28.5) with { Profile = TwoGenerations },
        Route("route-code-mixed", "Azure code, 4 × H100 and 4 × A100", Code, 5000, 22.4) with { Profile = TwoGenerations },
        Route("route-large-mixed", "ServeGen m-large, 4 × H100 and 4 × A100", Large, 5000, 13.4) with { Profile = TwoGenerations },
        Route("route-mooncake-mixed", "Mooncake conversations, 4 × H100 and 4 × A100", Mooncake, 2000, 2.11) with { Profile = TwoGenerations },
        Route("route-conv-mixed-pd", "Azure conversations, 4 × H100 and 4 × A100, P/D 4:4", Conversations, 5000, 26.5) with
        {
            Profile = TwoGenerations,
            Prefills = 4,
        },
        Route("route-code-mixed-pd", "Azure code, 4 × H100 and 4 × A100, P/D 7:1", Code, 5000, 20.7) with
        {
            Profile = TwoGenerations,
            Prefills = 7,
        },
        Route("route-large-mixed-pd", "ServeGen m-large, 4 × H100 and 4 × A100, P/D 4:4", Large, 5000, 10.6) with
        {
            Profile = TwoGenerations,
            Prefills = 4,
        },
        Route("route-mooncake-mixed-pd", "Mooncake conversations, 4 × H100 and 4 × A100, P/D 5:3", Mooncake, 2000, 1.84) with
        {
            Profile = TwoGenerations,
            Prefills = 5,
        },
        Route("route-conv-tp", "Azure conversations, 4 × RTX PRO 6000 and 4 pairs of them", Conversations, 5000, 21.3) with
        {
            Profile = OneAndTwoGpus,
        },
        Route("route-large-tp-pd", "ServeGen m-large, 4 × RTX PRO 6000 and 4 pairs of them, P/D 4:4", Large, 5000, 8.26) with
        {
            Profile = OneAndTwoGpus,
            Prefills = 4,
        },
    ];

    /// <summary>A scene by its name.</summary>
    /// <exception cref="UnknownNameException">There is none.</exception>
    public static Scene Named(string name) => Scenes.FirstOrDefault(scene => scene.Name == name)
        ?? throw new UnknownNameException("scene", name, [.. Scenes.Select(scene => scene.Name)]);

    private static Scene One(string name, string title, string trace, int limit, double saturation) => new()
    {
        Name = name,
        Title = title + ", one H100",
        Kind = SceneKind.Batching,
        Trace = trace,
        Limit = limit,
        Saturation = saturation,
    };

    private static Scene Eight(string name, string title, string trace, int limit, double saturation) =>
        One(name, title, trace, limit, saturation) with
        {
            Title = title + ", 8 × H100",
            Instances = 8,
            Routings = ["leastload"],
        };

    private static Scene Memory(string name, string title, string profile, int? blocks, double saturation) =>
        One(name, title, Conversations, 2000, saturation) with
        {
            Title = "Azure conversations, " + title,
            Kind = SceneKind.Memory,
            Profile = profile,
            KvBlocks = blocks,
        };

    private static Scene Route(string name, string title, string trace, int limit, double saturation) =>
        One(name, title, trace, limit, saturation) with
        {
            Title = title,
            Kind = SceneKind.Routing,
            Instances = 8,
            Batchings = [Yardstick, OurBatching],
            Routings = Routings,
        };
}
