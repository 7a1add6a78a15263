using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths.Online;

public sealed class LengthLessonTests
{
    private static readonly LengthLearning Quick = new() { Training = new LengthTraining { Passes = 2 } };

    [Fact]
    public void A_model_that_is_worse_on_new_answers_is_refused()
    {
        LengthModel good = MadeUp.Model(seed: 7);
        LengthSample[] poison = [.. MadeUp.Samples(400, 1).Select(sample => sample with { LogLength = 8 - sample.LogLength })];

        LessonResult result = Lesson([.. poison, .. MadeUp.Samples(100, 2)], taught: 400, good).Run();

        Assert.Null(result.Model);
        Assert.InRange(result.TauBefore!.Value, 0.7, 1);
        Assert.InRange(result.TauAfter!.Value, -1, 0);
    }

    [Fact]
    public void A_model_that_is_as_good_is_taken_though_the_old_one_promised_more()
    {
        LengthModel boaster = Promising(MadeUp.Model(seed: 7), 0.99);

        LessonResult result = Lesson(MadeUp.Samples(500, 1), taught: 300, boaster).Run();

        Assert.NotNull(result.Model);
        Assert.InRange(result.TauBefore!.Value, 0.7, 0.9);
    }

    [Fact]
    public void Where_all_prompts_were_seen_before_the_promises_are_compared()
    {
        LengthSample[] seen = MadeUp.Samples(200, 1);
        LengthModel present = MadeUp.Model(seed: 7);

        LessonResult boaster = Lesson([.. seen, .. seen], taught: 200, Promising(present, 0.99)).Run();
        LessonResult modest = Lesson([.. seen, .. seen], taught: 200, Promising(present, 0.3)).Run();

        Assert.Equal((0.99, null), (boaster.TauBefore, boaster.Model));
        Assert.Equal((0.3, true), (modest.TauBefore, modest.Model is not null));
    }

    [Fact]
    public void Without_a_model_to_beat_the_first_is_taken() =>
        Assert.NotNull(Lesson(MadeUp.Samples(200, 1), taught: 0, null).Run().Model);

    [Fact]
    public void Answers_that_teach_nothing_are_an_outcome_and_no_failure()
    {
        LengthSample[] alike = [.. MadeUp.Samples(200, 1).Select(sample => sample with { LogLength = 3 })];

        LessonResult result = Lesson(alike, taught: 0, null).Run();

        Assert.Null(result.Model);
        Assert.Contains("too near to be told apart", result.Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_answer_teaches_only_that_it_is_longer()
    {
        LengthSample[] whole = MadeUp.Samples(300, 1);
        LengthSample[] stopped = [.. Essays(200).Select(prompt => LengthSample.Of(new PromptFacts(prompt), 2, isCut: true))];
        LengthSample[] believed = [.. stopped.Select(sample => sample with { IsCut = false })];

        double cut = EssayOverName(Lesson([.. whole, .. stopped], 0, null).Run().Model!);
        double taken = EssayOverName(Lesson([.. whole, .. believed], 0, null).Run().Model!);

        Assert.True(cut > 3 && taken < 1, $"{cut} when only known to be longer, {taken} when believed");
    }

    private static IEnumerable<string> Essays(int count) =>
        Enumerable.Range(0, count).Select(i => $"Write an essay about glass and trade for class {(char)('a' + (i % 26))}{(char)('a' + (i / 26))}q.");

    private static double EssayOverName(LengthModel model) =>
        Score(model, "Write an essay about glass and trade for class xyz.") - Score(model, "Name glass and trade for class xyz.");

    private static double Score(LengthModel model, string prompt)
    {
        EncodedPrompt encoded = EncodedPrompt.Of(new PromptFacts(prompt));
        return model.Ranker.Score(encoded.Dense, encoded.Hashed);
    }

    private static LengthLesson Lesson(LengthSample[] samples, int taught, LengthModel? present) =>
        new("mine", Quick, samples, taught, present);

    private static LengthModel Promising(LengthModel model, double tau) => new()
    {
        Target = model.Target,
        Loss = model.Loss,
        Samples = model.Samples,
        HeldOutTau = tau,
        ReadsSentences = model.ReadsSentences,
        Ranker = model.Ranker,
        Calibration = model.Calibration,
        SeenWords = model.SeenWords,
    };
}
