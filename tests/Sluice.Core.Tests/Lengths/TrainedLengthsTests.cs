using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths;

public sealed class TrainedLengthsTests
{
    private static readonly TrainedLengths Predictor = new(MadeUp.Model());

    [Fact]
    public void A_prompt_for_much_is_predicted_longer_than_one_for_little()
    {
        LengthEstimate essay = Predictor.Predict(new PromptFacts("Write an essay about cats and glass for class xyz."))!.Value;
        LengthEstimate name = Predictor.Predict(new PromptFacts("Name cats and glass for class xyz."))!.Value;

        Assert.True(essay.Score > name.Score);
        Assert.InRange(essay.P50, 300, 800);
        Assert.InRange(name.P50, 4, 16);
        Assert.True(essay.P50 <= essay.P90 && essay.P90 <= essay.P95);
    }

    [Fact]
    public void It_abstains_on_a_model_of_few_answers() =>
        Assert.Null(new TrainedLengths(MadeUp.Model(199)).Predict(new PromptFacts("Name cats and glass.")));

    [Fact]
    public void It_abstains_where_most_words_are_new()
    {
        Assert.Null(Predictor.Predict(new PromptFacts("Zwölf Boxkämpfer jagen Viktor quer über den großen Deich")));
        Assert.Null(Predictor.Predict(new PromptFacts("")));
        Assert.Null(Predictor.Predict(new PromptFacts("?!")));
    }

    [Fact]
    public void It_abstains_on_a_prompt_of_ten_megabytes() =>
        Assert.Null(Predictor.Predict(new PromptFacts(new string('x', 10_000_000))));

    [Fact]
    public void It_abstains_where_the_model_never_saw_a_sentence_and_the_prompt_has_one()
    {
        PromptFacts prompt = new("Name cats and glass for class xyz.") { Sentence = new float[PromptEncoder.SentenceSize] };

        Assert.Null(Predictor.Predict(prompt));
    }

    [Fact]
    public void A_model_trained_with_sentences_reads_them_and_abstains_without()
    {
        float[] sentence = new float[PromptEncoder.SentenceSize];
        sentence[7] = 1;
        TrainedLengths reader = new(LengthTrainer.Train(
            [.. MadeUp.Samples(300, 1).Select((sample, i) => sample with { Hashed = [.. sample.Hashed, new(PromptEncoder.Buckets + (i % 9), 3)] })],
            new LengthTraining { Passes = 3 },
            "made-up"));

        Assert.NotNull(reader.Predict(new PromptFacts("Name cats and glass for class xyz.") { Sentence = sentence }));
        Assert.Null(reader.Predict(new PromptFacts("Name cats and glass for class xyz.")));
    }

    [Fact]
    public void It_predicts_at_most_the_limit()
    {
        PromptFacts limited = new("Write an essay about cats and glass for class xyz.") { MaxAnswerTokens = 50 };

        Assert.Equal(50, Predictor.Predict(limited)!.Value.P90);
    }

    [Fact]
    public void Predicting_allocates_nothing()
    {
        string prompt = string.Join(' ', Enumerable.Repeat("Explain old clocks and rivers in spring for class abc.", 20));
        double sum = 0;
        for (int i = 0; i < 100; i++)
        {
            sum += Predict(prompt);
        }

        long allocated = Allocations.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                sum += Predict(prompt);
            }
        });

        Assert.Equal(0, allocated);
        Assert.True(sum > 0);
    }

    private static double Predict(string prompt)
    {
        LengthEstimate estimate = Predictor.Predict(new PromptFacts(prompt))!.Value;
        return estimate.P90 + estimate.MeanLeft(20) + estimate.QuantileLeft(20, 0.9) + estimate.EndsWithin(20, 16);
    }
}
