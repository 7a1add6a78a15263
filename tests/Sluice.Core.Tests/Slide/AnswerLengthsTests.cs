using Sluice.Core.Batching.Slide;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Slide;

public class AnswerLengthsTests
{
    private readonly AnswerLengths lengths = new();

    [Fact]
    public void Answers_are_learnt_apart_for_prompts_of_different_length()
    {
        for (int i = 0; i < 1000; i++)
        {
            lengths.Learn(Make(prompt: 100, generated: 20));
            lengths.Learn(Make(prompt: 3000, generated: 400));
        }

        Assert.InRange(lengths.Left(Make(prompt: 110)), 20, 25);
        Assert.InRange(lengths.Left(Make(prompt: 2900)), 395, 400);
        Assert.InRange(lengths.Left(Make(prompt: 500)), 205, 215);
    }

    [Fact]
    public void What_a_predictor_says_goes_before_what_was_learnt() =>
        Assert.Equal(70, lengths.Left(Make(prompt: 100, generated: 30, expected: 100)));

    [Fact]
    public void An_answer_that_outlives_its_prediction_is_expected_to_go_on_for_a_tenth() =>
        Assert.Equal(10, lengths.Left(Make(prompt: 100, generated: 500, expected: 100)));

    [Theory]
    [InlineData(0, 200)]
    [InlineData(150, 150)]
    [InlineData(350, 123)]
    public void An_estimate_says_what_is_left_of_an_answer_of_this_age(int age, double left)
    {
        // Half of such answers have 100 tokens and half 300; beyond them the rest grows with age.
        var life = new ResidualLife([.. Enumerable.Repeat(0.0, 10), .. Enumerable.Repeat(Math.Log(3), 10)]);
        var estimate = new LengthEstimate(0, 100, life);

        Assert.Equal(left, lengths.Left(Make(prompt: 100, generated: age, expected: 100, estimate: estimate)), tolerance: 1);
    }

    [Fact]
    public void No_answer_is_expected_beyond_its_limit() =>
        Assert.Equal(5, lengths.Left(Make(prompt: 100, generated: 15, most: 20)));

    private static Sequence Make(int prompt, int generated = 0, double? expected = null, int most = int.MaxValue, LengthEstimate? estimate = null)
    {
        var sequence = new Sequence(new Request
        {
            Id = 1,
            Arrival = default,
            PromptTokens = prompt,
            ExpectedAnswerTokens = expected,
            Estimate = estimate,
            MaxAnswerTokens = most,
            Class = new ServiceClass { Name = "any", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)) },
        });
        sequence.Grow(generated);
        return sequence;
    }
}
