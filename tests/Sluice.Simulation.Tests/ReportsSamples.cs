using Sluice.Core.Requests;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation.Tests;

/// <summary>Made-up reports whose numbers hang together: better policies hold on longer as the load grows.</summary>
internal static class ReportsSamples
{
    public static readonly ServiceClass High = new()
    {
        Name = "high",
        Weight = 2,
        Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)),
    };

    public static readonly ServiceClass Low = new()
    {
        Name = "low",
        Slo = new Slo(TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(100)),
    };

    public static Report Report(IReadOnlyList<string> batchings, IReadOnlyList<double> loads, int seeds) => new()
    {
        Command = "sluice compare --trace azure2023_conv_dev.csv.gz --rate-scale 1,2,4 --batching all",
        Trace = "azure2023_conv_dev.csv.gz",
        Profile = "llama3-8b-h100",
        Classes = [new ClassShare(High, 0.5), new ClassShare(Low, 0.5)],
        Runs = [.. from batching in batchings.Index()
                   from load in loads
                   from seed in Enumerable.Range(1, seeds)
                   select Run(batching.Item, batching.Index / (double)batchings.Count, load, seed)],
    };

    public static RunReport Run(string batching, double weakness, double load, int seed)
    {
        double late = Late(weakness, load, seed);
        double ratio = 1 - late;
        double ttft = 60 * (1 + load) * Math.Exp(4.5 * late);
        double tpot = 14 + (6 * load) + (60 * late);
        return new RunReport
        {
            Batching = batching,
            Routing = "roundrobin",
            Instances = 1,
            RateScale = load,
            Seed = seed,
            Requests = 4000,
            Completed = 3990,
            Refused = 10,
            Cancelled = 0,
            Gain = new GainReport(1_200_000 * ratio, 1_200_000, ratio, null),
            Attainment = ratio * ratio,
            Goodput = 4 * load * ratio * ratio,
            Ttft = Around(ttft),
            Tpot = Around(tpot),
            E2e = Around(ttft + (200 * tpot)),
            GapP99 = 6 * tpot,
            Classes = new Dictionary<string, ClassReport>
            {
                ["high"] = new(2000, Math.Sqrt(ratio), ratio, Around(ttft / 2), Around(tpot)),
                ["low"] = new(2000, ratio * ratio, ratio * ratio * ratio, Around(ttft * 2), Around(tpot)),
            },
            TokensPerSecond = 800 * load,
            RequestsPerSecond = 4 * load,
            Makespan = 1_000_000 / load,
            Steps = 50_000,
            Preemptions = (long)(300 * late),
            RecomputedTokens = (long)(90_000 * late),
            OffloadedBlocks = 0,
            ReloadedBlocks = 0,
            PredictionError = new PredictionError(0.03, null),
            DecisionMicros = new DecisionMicros(12 + (10 * weakness), 40),
            WallSeconds = 1.5,
            TtftCurve = Curve(ttft),
            TpotCurve = Curve(tpot),
            Timeline = Timeline(load, late, tellsUrgent: batching is "proserve" or "slide"),
        };
    }

    private static double Late(double weakness, double load, int seed)
    {
        double wobble = 0.03 * Math.Sin((7 * seed) + (11 * weakness) + load);
        return Math.Clamp(1 / (1 + Math.Exp(-2.2 * (load - 4.2 + (2.2 * weakness) + wobble))), 0.001, 0.97);
    }

    private static Quantiles Around(double middle) => new(middle * 1.3, middle, middle * 2.8, middle * 7.5);

    private static (double Milliseconds, double Share)[] Curve(double middle) =>
        [.. Enumerable.Range(1, 400).Select(i => (middle * Math.Pow(i / (400.5 - i), 0.55), i / 400.0))];

    private static TimelinePoint[] Timeline(double load, double late, bool tellsUrgent) =>
        [.. Enumerable.Range(0, 600).Select(i =>
        {
            double wave = 1 + (0.6 * Math.Sin(i / 40.0)) + (0.2 * Math.Sin(i / 7.0));
            int waiting = (int)(wave * late * i / 2);
            int running = (int)Math.Min(200, (30 * load * wave) + (waiting / 5));
            int urgent = tellsUrgent ? (int)(waiting * late) + (running / 9) : 0;
            int normal = tellsUrgent ? waiting + running - urgent : 0;
            return new TimelinePoint(i / load, waiting, running, Math.Min(1, running / 180.0), 0, urgent, normal);
        })];
}
