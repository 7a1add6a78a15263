using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths.Online;

public sealed class LengthLearnerTests
{
    private static readonly LengthLearning Quick = new() { Training = new LengthTraining { Passes = 2 } };

    [Fact]
    public void It_trains_when_200_answers_have_ended_by_themselves_however_many_were_cut()
    {
        LengthLearner learner = new("mine", Quick, []);
        Random chance = new(1);
        Teach(learner, chance, 199);
        Teach(learner, chance, 300, isCut: true);
        Assert.Null(learner.NextLesson());
        Assert.False(Expect(learner, "Explain clocks").IsPredicted);

        Teach(learner, chance, 1);

        LengthLesson lesson = learner.NextLesson()!;
        Assert.Equal(500, lesson.Samples);
        learner.Finish(lesson.Run());
        Assert.True(Expect(learner, "Explain cats and trade for class abc.").IsPredicted);
        Assert.Equal(("mine", 1, 0), (learner.Figures.PredictedBy, learner.Figures.Retrains, learner.Figures.RefusedRetrains));
    }

    [Fact]
    public void It_ranks_what_asks_for_more_higher_and_says_how_long()
    {
        LengthLearner learner = Taught(400);

        LengthEstimate essay = Expect(learner, "Write an essay about glass and trade for class xyz.").Estimate!.Value;
        LengthEstimate name = Expect(learner, "Name glass and trade for class xyz.").Estimate!.Value;

        Assert.True(essay.Score > name.Score);
        Assert.InRange(essay.P50, 300, 800);
        Assert.InRange(name.P50, 4, 16);
    }

    [Fact]
    public void Another_models_predictor_serves_until_its_own_is_trained()
    {
        LengthLearner learner = new("mine", Quick, [Model("other", 1)]);
        Assert.True(Expect(learner, "Explain cats and trade for class abc.").IsPredicted);
        Assert.Equal("other", learner.Figures.PredictedBy);

        Teach(learner, new Random(2), 400);
        learner.Finish(learner.NextLesson()!.Run());

        Assert.Equal("mine", learner.Figures.PredictedBy);
    }

    [Theory]
    [InlineData(new[] { "a", "all", "mine" }, "mine")]
    [InlineData(new[] { "a", "all", "b" }, "all")]
    public void It_starts_with_its_own_predictor_else_with_the_one_for_all(string[] known, string start) =>
        Assert.Equal(start, new LengthLearner("mine", Quick, [.. known.Select(target => Model(target, 1))]).Figures.PredictedBy);

    [Fact]
    public void Where_no_model_speaks_the_tenants_average_does()
    {
        LengthLearner learner = new("mine", Quick, []);
        Assert.Null(Expect(learner, "Explain clocks", tenant: 4).Estimate);

        learner.Learn(Expect(learner, "Explain clocks", tenant: 4), 50, isCut: false);

        Assert.Equal(50, Expect(learner, "Explain cats", tenant: 4).Estimate!.Value.Median, 6);
        Assert.Null(Expect(learner, "Explain cats", tenant: 5).Estimate);
    }

    [Fact]
    public void A_cut_answer_changes_no_average()
    {
        LengthLearner learner = new("mine", Quick, []);
        learner.Learn(Expect(learner, "Explain clocks"), 50, isCut: false);

        learner.Learn(Expect(learner, "Explain clocks"), 1, isCut: true);

        Assert.Equal(50, Expect(learner, "Explain clocks").Estimate!.Value.Median, 6);
    }

    [Fact]
    public void A_new_training_waits_for_the_last_one_and_for_a_quarter_more_answers()
    {
        LengthLearner learner = new("mine", Quick, []);
        Random chance = new(3);
        Teach(learner, chance, 1000);
        LengthLesson first = learner.NextLesson()!;
        Teach(learner, chance, 400);
        Assert.Null(learner.NextLesson());

        learner.Finish(first.Run());
        Assert.Equal(1400, learner.NextLesson()!.Samples);
        learner.Finish(new LessonResult(null, null, null, null));
        Teach(learner, chance, 349);
        Assert.Null(learner.NextLesson());
        Teach(learner, chance, 1);
        Assert.NotNull(learner.NextLesson());
        Assert.Equal(1, learner.Figures.RefusedRetrains);
    }

    [Fact]
    public void Equal_answers_give_equal_models()
    {
        static byte[] Learnt() => LengthModelFile.Write(Taught(300).Predictor!.Model);

        Assert.Equal(Learnt(), Learnt());
    }

    [Fact]
    public void It_looks_back_on_whole_answers_that_a_model_predicted()
    {
        LengthLearner learner = Taught(400);
        Assert.Null(learner.Figures.Tau);
        Assert.Null(learner.Figures.WithinP90);

        Teach(learner, new Random(9), 500);
        Teach(learner, new Random(9), 500, isCut: true);

        // The noise is even, so that a P90 from the past holds.
        Assert.InRange(learner.Figures.Tau!.Value, 0.7, 1);
        Assert.InRange(learner.Figures.WithinP90!.Value, 0.8, 0.98);
    }

    [Fact]
    public void A_hundred_thousand_answers_are_forgotten_but_for_those_it_keeps()
    {
        LengthLearner learner = new("mine", Quick with { MostAnswers = 500 }, []);
        WeakReference[] prompts = LearnMany(learner, 100_000);

        GC.Collect();

        Assert.Equal(500, learner.Figures.Samples);
        Assert.InRange(prompts.Count(prompt => prompt.IsAlive), 1, 510);
        Assert.Null(Expect(learner, "Explain", tenant: 1).Estimate);
        Assert.NotNull(Expect(learner, "Explain", tenant: 100_000).Estimate);
        GC.KeepAlive(learner);
    }

    private static WeakReference[] LearnMany(LengthLearner learner, int count)
    {
        WeakReference[] prompts = new WeakReference[count];
        for (int i = 0; i < count; i++)
        {
            ExpectedAnswer expected = Expect(learner, "Explain", tenant: i + 1);
            prompts[i] = new WeakReference(expected.Prompt.Dense);
            learner.Learn(expected, 20 + (i % 7), isCut: i % 5 == 0);
        }

        return prompts;
    }

    private static LengthLearner Taught(int answers)
    {
        LengthLearner learner = new("mine", Quick, []);
        Teach(learner, new Random(5), answers);
        learner.Finish(learner.NextLesson()!.Run());
        return learner;
    }

    private static void Teach(LengthLearner learner, Random chance, int answers, bool isCut = false)
    {
        for (int i = 0; i < answers; i++)
        {
            (string prompt, double tokens) = MadeUp.Answer(chance);
            learner.Learn(Expect(learner, prompt), isCut ? Math.Ceiling(tokens / 2) : tokens, isCut);
        }
    }

    private static ExpectedAnswer Expect(LengthLearner learner, string prompt, int tenant = 0) =>
        learner.Expect(EncodedPrompt.Of(new PromptFacts(prompt)), tenant, null);

    private static LengthModel Model(string target, int seed) => LengthTrainer.Train(MadeUp.Samples(300, seed), Quick.Training, target);
}
