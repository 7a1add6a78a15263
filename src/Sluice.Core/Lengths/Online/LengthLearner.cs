using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Lengths.Online;

/// <summary>Learns how long one model's answers are from those that end, and predicts meanwhile.</summary>
/// <remarks>
/// <para>Until the model's own answers are enough a predictor of other models' answers serves, if one is known; where a predictor
/// abstains, the tenant's average. Trains when told to, elsewhere: <see cref="NextLesson"/>, <see cref="LengthLesson.Run"/>,
/// <see cref="Finish"/>. Owned by one thread or lock.</para>
/// </remarks>
public sealed class LengthLearner
{
    private readonly LengthLearning options;
    private readonly AnswerReservoir reservoir;
    private readonly AnswerScorecard scorecard = new();
    private readonly TenantAverage averages = new();
    private bool isTraining;
    private int taught;
    private int fresh;
    private int freshWhole;

    /// <summary>A learner that has seen no answer.</summary>
    /// <param name="model">Whose answers it learns.</param>
    /// <param name="options">How.</param>
    /// <param name="known">Predictors from before: its own goes on; else the one for all models, or the best of the others, is the start.</param>
    public LengthLearner(string model, LengthLearning options, IReadOnlyList<LengthModel> known)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(known);
        Model = model;
        this.options = options.Checked();
        reservoir = new AnswerReservoir(options.MostAnswers, options.Training.Seed);
        LengthModel? start = LengthModelSet.BestFor(model, known.Where(its => !its.ReadsSentences));
        Predictor = start is null ? null : new TrainedLengths(start);
        taught = start?.Target == model ? start.Samples : 0;
    }

    /// <summary>Whose answers it learns.</summary>
    public string Model { get; }

    /// <summary>Who predicts now; null before the first training without a start.</summary>
    public TrainedLengths? Predictor { get; private set; }

    /// <summary>How it stands.</summary>
    public LengthFigures Figures => new(
        Predictor is { Distrust: null } trusted ? trusted.Model.Target : null, Predictor?.Model.HeldOutTau, reservoir.Count, Trained, Refused, scorecard.Tau, scorecard.WithinP90);

    private int Trained { get; set; }

    private int Refused { get; set; }

    /// <summary>What is expected of an answer: the model's prediction, or else the tenant's average.</summary>
    /// <param name="prompt">Its prompt.</param>
    /// <param name="tenant">Who asks; 0 when there is only one.</param>
    /// <param name="maxAnswerTokens">The most tokens it may have; null without a limit.</param>
    public ExpectedAnswer Expect(EncodedPrompt prompt, int tenant, int? maxAnswerTokens) =>
        Predictor?.Predict(prompt, maxAnswerTokens) is { } estimate
            ? new ExpectedAnswer(prompt, tenant, estimate, IsPredicted: true)
            : new ExpectedAnswer(prompt, tenant, averages.Predict(tenant, maxAnswerTokens), IsPredicted: false);

    /// <summary>An answer has ended.</summary>
    /// <param name="expected">What was expected of it.</param>
    /// <param name="tokens">Its tokens, or their mean over the request's answers; above 0.</param>
    /// <param name="isCut">Its limit, a stop text or its client ended it: it would have been at least so long.</param>
    public void Learn(ExpectedAnswer expected, double tokens, bool isCut)
    {
        ArgumentNullException.ThrowIfNull(expected);
        reservoir.Add(LengthSample.Of(expected.Prompt, tokens, isCut));
        fresh++;
        if (isCut)
        {
            return;
        }

        freshWhole++;
        averages.Learn(expected.Tenant, (int)Math.Max(Math.Round(tokens), 1));
        if (expected is { IsPredicted: true, Estimate: { } estimate })
        {
            scorecard.Add(estimate, tokens);
        }
    }

    /// <summary>A training that is due; null when there is none, or one is under way.</summary>
    public LengthLesson? NextLesson()
    {
        if (isTraining || reservoir.Whole < options.FewestAnswers || freshWhole < options.FewestAnswers
            || fresh < options.Growth * Math.Min(taught, options.MostAnswers))
        {
            return null;
        }

        isTraining = true;
        LengthSample[] samples = reservoir.ToArray();
        int known = samples.Length - Math.Min(fresh, reservoir.Latest);
        taught = samples.Length;
        fresh = 0;
        freshWhole = 0;
        return new LengthLesson(Model, options, samples, known, Predictor?.Model);
    }

    /// <summary>Takes over what came of the last lesson.</summary>
    public void Finish(LessonResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        isTraining = false;
        if (result.Model is { } model)
        {
            Predictor = new TrainedLengths(model);
            Trained++;
        }
        else
        {
            Refused++;
        }
    }
}

/// <summary>How a learner stands.</summary>
/// <param name="PredictedBy">The model on whose answers the predictor was trained; null without one, or while it abstains from all.</param>
/// <param name="HeldOutTau">The present predictor's tau-b on prompts held out in training; null without one.</param>
/// <param name="Samples">Answers kept to learn from.</param>
/// <param name="Retrains">Trainings whose model was taken.</param>
/// <param name="RefusedRetrains">Trainings whose model was worse, or that found nothing to learn.</param>
/// <param name="Tau">Tau-b of the last 1,000 predictions whose answers ended by themselves; null before two of them.</param>
/// <param name="WithinP90">The share of those answers within their P90; null before the first.</param>
public sealed record LengthFigures(
    string? PredictedBy, double? HeldOutTau, int Samples, int Retrains, int RefusedRetrains, double? Tau, double? WithinP90);
