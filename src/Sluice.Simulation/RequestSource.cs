using System.Globalization;
using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation;

/// <summary>Makes requests of a trace's records, one at a time: scales arrivals, draws classes and patience.</summary>
internal sealed class RequestSource : IDisposable
{
    /// <summary>The latest arrival, such that every sum of times in a run stays a number of ticks.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3_652_500);

    private readonly SimulationOptions options;
    private readonly IEnumerator<TraceRecord> records;
    private readonly ClassDraw classes;
    private readonly RandomStream patience;
    private Instant last;
    private long nextId;

    public RequestSource(SimulationOptions options, IEnumerable<TraceRecord> trace)
    {
        this.options = options;
        records = trace.GetEnumerator();
        var streams = new RandomStreams(options.Seed);
        classes = new ClassDraw(options.Classes, streams);
        patience = streams.Stream("patience");
    }

    /// <summary>The next to arrive; null at the end of the trace.</summary>
    public SimulatedRequest? Next()
    {
        if (!records.MoveNext())
        {
            return null;
        }

        TraceRecord record = records.Current;
        double ticks = record.Arrival.Ticks / options.RateScale;
        if (ticks > Longest.Ticks)
        {
            throw new SimulationRefusedException(string.Create(
                CultureInfo.InvariantCulture,
                $"Request {nextId} arrives {ticks / TimeSpan.TicksPerSecond:0} s after the first at a rate scale of {options.RateScale}, but " +
                $"a run has at most {Longest.TotalSeconds:0} s (10,000 years). Raise --rate-scale."));
        }

        last = Instant.Max(last, new Instant((long)ticks));
        LengthEstimate? estimate = EstimateOf(record);
        return new SimulatedRequest
        {
            Id = nextId++,
            Arrival = last,
            PromptTokens = record.PromptTokens,
            AnswerTokens = record.AnswerTokens,
            Class = classes.Next(),
            Client = record.Client,
            Application = record.Application,
            ExpectedApplicationCost = CostOf(record),
            Blocks = record.Blocks,
            GivesUpAt = last + DrawPatience(),
            Estimate = estimate,
            ExpectedAnswerTokens = options.Lengths switch
            {
                LengthKnowledge.Oracle => record.AnswerTokens,
                LengthKnowledge.Mean => options.MeanAnswerTokens,
                _ => null,
            },
        };
    }

    /// <summary>What the whole application will cost: the oracle alone knows.</summary>
    private double? CostOf(in TraceRecord record) =>
        options.Lengths == LengthKnowledge.Oracle && options.ApplicationCosts.TryGetValue(record.Application, out double cost)
            ? cost
            : null;

    /// <summary>What the predictor says of a prompt as it arrives; null without one, without a text, or when it abstains.</summary>
    private LengthEstimate? EstimateOf(in TraceRecord record) =>
        options.Predictor is { } predictor && record.Text is { } text
            ? predictor.Predict(new PromptFacts(text) { PromptTokens = record.PromptTokens, Tenant = record.Client })
            : null;

    public void Dispose() => records.Dispose();

    private TimeSpan DrawPatience() =>
        options.ImpatientShare > 0 && patience.NextDouble() < options.ImpatientShare
            ? TimeSpan.FromSeconds(patience.NextExponential(options.MeanPatience.TotalSeconds))
            : SimulatedRequest.Endless;
}
