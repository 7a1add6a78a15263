using Sluice.Core.Lengths;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

public sealed class PredictedLengthsTests
{
    private static readonly IReadOnlyList<TraceRecord> Prompts =
    [
        .. Fleets.Trace([.. Enumerable.Range(1, 60).Select(i => (0.01 * i, 20, 5 * i))])
            .Select(record => record with { Text = new string('x', record.AnswerTokens) }),
    ];

    [Fact]
    public void A_predictor_that_knows_serves_as_the_oracle_does_and_its_figures_stand_in_the_report()
    {
        SimulationOptions options = Fleets.Options("sjf");

        RunReport told = Run(options with { Lengths = LengthKnowledge.Predicted, Predictor = new FromText(1), LengthsName = "text" }, Prompts);
        RunReport oracle = Run(options with { Lengths = LengthKnowledge.Oracle }, Prompts);

        Assert.Equal(oracle.E2e, told.E2e);
        Assert.Equal(("text", "oracle"), (told.Lengths, oracle.Lengths));
        Assert.Equal(new PredictionError(told.PredictionError.StepMape, 1) { LengthPairAccuracy = 1, LengthWithinP90 = 1 }, told.PredictionError);
        Assert.Equal(new PredictionError(oracle.PredictionError.StepMape, null), oracle.PredictionError);
    }

    [Fact]
    public void Estimates_are_judged_against_what_the_answers_were()
    {
        RunReport report = Run(Fleets.Options() with { Lengths = LengthKnowledge.Predicted, Predictor = new FromText(-1) }, Prompts);

        Assert.Equal(-1, report.PredictionError.LengthTau);
        Assert.Equal(0, report.PredictionError.LengthPairAccuracy);
        Assert.Equal(0.5, report.PredictionError.LengthWithinP90!.Value, tolerance: 0.02);
    }

    [Fact]
    public void Without_texts_a_predictor_has_nothing_to_say()
    {
        SimulationOptions options = Fleets.Options("sjf");

        RunReport told = Run(options with { Lengths = LengthKnowledge.Predicted, Predictor = new FromText(1) }, Fleets.Trace((0, 20, 5), (0, 20, 50)));

        Assert.Null(told.PredictionError.LengthTau);
    }

    [Fact]
    public void Latency_per_token_is_the_whole_latency_over_the_tokens_of_the_answer()
    {
        RunReport report = Run(Fleets.Options(), Fleets.Trace((0, 20, 40)));

        Assert.Equal(report.E2e.Mean!.Value / 40, report.PerToken!.Mean!.Value, 9);
    }

    [Fact]
    public void Predicted_lengths_need_a_predictor() => Assert.Contains(
        "Give both or neither",
        Assert.Throws<ArgumentException>(() => (Fleets.Options() with { Lengths = LengthKnowledge.Predicted }).Checked()).Message,
        StringComparison.Ordinal);

    private static RunReport Run(SimulationOptions options, IReadOnlyList<TraceRecord> trace) =>
        new Simulator(options).Run(trace, CancellationToken.None);

    /// <summary>Reads the answer's length off the text, or, with a slope of −1, its opposite.</summary>
    private sealed class FromText(int slope) : ILengthPredictor
    {
        private static readonly ResidualLife Sure = new([.. Enumerable.Repeat(0.0, 20)]);

        public LengthEstimate? Predict(in PromptFacts prompt)
        {
            double tokens = slope > 0 ? prompt.Text.Length : 305 - prompt.Text.Length;
            return new LengthEstimate(tokens, tokens, Sure);
        }
    }
}
