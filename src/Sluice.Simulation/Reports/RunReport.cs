using System.Text.Json.Serialization;
using Sluice.Core.Measures;

namespace Sluice.Simulation.Reports;

/// <summary>What a command reports: the object behind `--json`. Times in ms, ratios 0–1.</summary>
public sealed record Report
{
    /// <summary>Version of this layout.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The command line that made it.</summary>
    public required string Command { get; init; }

    /// <summary>The trace or synthetic workload.</summary>
    public required string Trace { get; init; }

    /// <summary>The profile or profiles, comma-separated.</summary>
    public required string Profile { get; init; }

    /// <summary>One element a run.</summary>
    public required IReadOnlyList<RunReport> Runs { get; init; }

    /// <summary>The service classes of all runs, for headers and plots; not part of the JSON.</summary>
    [JsonIgnore]
    public IReadOnlyList<ClassShare> Classes { get; init; } = [];
}

/// <summary>One run: one policy pair, one load, one seed.</summary>
public sealed record RunReport
{
    /// <summary>The batching policy, with its options if any.</summary>
    public required string Batching { get; init; }

    /// <summary>The routing policy.</summary>
    public required string Routing { get; init; }

    /// <summary>How many instances served.</summary>
    public required int Instances { get; init; }

    /// <summary>What arrival times were divided by.</summary>
    public required double RateScale { get; init; }

    /// <summary>The seed of all chance in the run.</summary>
    public required int Seed { get; init; }

    /// <summary>What the policies knew of answer lengths; absent from the JSON of a load on a live server.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Lengths { get; init; }

    /// <summary>Requests offered.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests that ended with their last token.</summary>
    public required long Completed { get; init; }

    /// <summary>Requests refused with a reason.</summary>
    public required long Refused { get; init; }

    /// <summary>Requests ended by their client.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Service gain.</summary>
    public required GainReport Gain { get; init; }

    /// <summary>Share of offered requests with TTFT and mean TPOT within their SLO.</summary>
    public required double Attainment { get; init; }

    /// <summary>Requests a second that attain.</summary>
    public required double Goodput { get; init; }

    /// <summary>Time to first token, ms.</summary>
    public required Quantiles Ttft { get; init; }

    /// <summary>Mean time per token after the first, ms.</summary>
    public required Quantiles Tpot { get; init; }

    /// <summary>Arrival to last token, ms.</summary>
    public required Quantiles E2e { get; init; }

    /// <summary>Arrival to last token ÷ tokens of the answer, ms: the normalized latency of the papers; absent from the JSON where not measured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Quantiles? PerToken { get; init; }

    /// <summary>99th percentile of the largest gap between two tokens of a request, ms.</summary>
    public required double GapP99 { get; init; }

    /// <summary>The same by service class.</summary>
    public required IReadOnlyDictionary<string, ClassReport> Classes { get; init; }

    /// <summary>How unequally tenants were served; absent from the JSON where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FairnessReport? Fairness { get; init; }

    /// <summary>When applications of several calls were done; absent from the JSON where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ApplicationsReport? Applications { get; init; }

    /// <summary>Answer tokens a second of the makespan.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Completed requests a second of the makespan.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>From the first arrival to the last end, ms.</summary>
    public required double Makespan { get; init; }

    /// <summary>Forward passes.</summary>
    public required long Steps { get; init; }

    /// <summary>Times a sequence lost KV it needed.</summary>
    public required long Preemptions { get; init; }

    /// <summary>Tokens computed again after a preemption.</summary>
    public required long RecomputedTokens { get; init; }

    /// <summary>Blocks copied from device to host.</summary>
    public required long OffloadedBlocks { get; init; }

    /// <summary>Blocks copied back.</summary>
    public required long ReloadedBlocks { get; init; }

    /// <summary>How far predictions were off.</summary>
    public required PredictionError PredictionError { get; init; }

    /// <summary>Cost of a decision.</summary>
    public required DecisionMicros DecisionMicros { get; init; }

    /// <summary>Wall time of the run, s; 0 where no clock was handed in.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>How far the run had come when it was stopped; absent from the JSON of a run that came to its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interruption? Interrupted { get; init; }

    /// <summary>What only a load on a live server has; absent from the JSON of a simulation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LoadReport? Load { get; init; }

    /// <summary>The run over time, for the plots; not part of the JSON.</summary>
    [JsonIgnore]
    public IReadOnlyList<TimelinePoint> Timeline { get; init; } = [];

    /// <summary>The distribution of TTFT as (ms, cumulative share) pairs, for the plots; not part of the JSON.</summary>
    [JsonIgnore]
    public IReadOnlyList<(double Milliseconds, double Share)> TtftCurve { get; init; } = [];

    /// <summary>The distribution of TPOT likewise.</summary>
    [JsonIgnore]
    public IReadOnlyList<(double Milliseconds, double Share)> TpotCurve { get; init; } = [];
}

/// <summary>A run that was stopped: its figures are of the requests offered until then.</summary>
/// <param name="Ended">Requests that had ended; those on their way count as unfinished, in every divisor.</param>
/// <param name="Of">Requests the whole run has.</param>
public sealed record Interruption(long Ended, long Of);

/// <summary>How a live server was loaded.</summary>
/// <param name="Url">The server.</param>
/// <param name="Model">The model that was asked for.</param>
/// <param name="ScheduleDelay">How much later than planned requests were sent, ms. TTFT counts from the plan, so it is in there.</param>
/// <param name="PromptTokens">Mean tokens of the prompts that were planned, and as the server counted them; null where it did not say.</param>
/// <param name="Failures">Requests that did not complete, by what the server or the network said.</param>
public sealed record LoadReport(
    string Url, string Model, Quantiles ScheduleDelay, PlannedAndServed PromptTokens, IReadOnlyDictionary<string, long> Failures);

/// <summary>A mean as it was planned, and as the server counted it; null where nobody said.</summary>
public sealed record PlannedAndServed(double Planned, double? Served);

/// <summary>Gain obtained, gain if every token were on time, their ratio, and the clairvoyant bound when asked for.</summary>
public sealed record GainReport(double Obtained, double Attainable, double Ratio, double? Bound)
{
    /// <summary>Gain obtained ÷ bound; null where the bound was not asked for.</summary>
    [JsonIgnore]
    public double? OfBound => Bound is { } most ? (most > 0 ? Obtained / most : 1) : null;
}

/// <summary>Mean and percentiles, ms; null where nothing was measured.</summary>
public sealed record Quantiles(double? Mean, double? P50, double? P90, double? P99)
{
    /// <summary>Those of a stream of values.</summary>
    public static Quantiles Of(QuantileSketch values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new Quantiles(values.Mean, values.Quantile(0.5), values.Quantile(0.9), values.Quantile(0.99));
    }
}

/// <summary>One service class of a run.</summary>
public sealed record ClassReport(
    long Requests, double GainRatio, double Attainment, Quantiles Ttft, Quantiles Tpot)
{
    /// <summary>What stands on its scoreboard.</summary>
    public static ClassReport Of(Scoreboard board)
    {
        ArgumentNullException.ThrowIfNull(board);
        return new ClassReport(
            board.Requests, board.GainRatio, board.Attainment, Quantiles.Of(board.Ttft), Quantiles.Of(board.Tpot));
    }
}

/// <summary>How far predictions were off.</summary>
/// <param name="StepMape">Mean absolute percentage error of predicted step times, 0–1.</param>
/// <param name="LengthTau">Kendall's tau-b of predicted medians and true lengths over all pairs of finished answers; null without predictions.</param>
public sealed record PredictionError(double StepMape, double? LengthTau)
{
    /// <summary>Share of filtered pairs (lengths 20 % apart or more) that predictions order rightly, over up to 4,096 answers; absent without predictions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LengthPairAccuracy { get; init; }

    /// <summary>Share of finished answers not longer than their predicted P90: 0.9 is right; absent without predictions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LengthWithinP90 { get; init; }
}

/// <summary>Wall time of one batching decision, µs; 0 where no clock was handed in.</summary>
public sealed record DecisionMicros(double Mean, double P99);

/// <summary>The state of the fleet at one moment of a run.</summary>
/// <param name="Seconds">Since the start of the run.</param>
/// <param name="Waiting">Requests without KV, all instances.</param>
/// <param name="Running">Requests with KV, all instances.</param>
/// <param name="KvShare">Share of device blocks referenced, 0–1.</param>
/// <param name="HostShare">Share of host blocks in use, 0–1; 0 without a host tier.</param>
/// <param name="Urgent">Requests the policy called urgent.</param>
/// <param name="Normal">Requests the policy called normal; both are 0 for policies without the distinction.</param>
public readonly record struct TimelinePoint(
    double Seconds, int Waiting, int Running, double KvShare, double HostShare, int Urgent, int Normal);
