namespace Sluice.Core.Lengths;

/// <summary>Predicts with a trained model, and abstains where the model has no ground to stand on.</summary>
/// <remarks>
/// <para>Abstains when the model saw fewer than <see cref="LengthAbstention.Samples"/> answers or ranks held-out prompts with a tau below
/// <see cref="LengthAbstention.HeldOutTau"/>, for prompts whose words it mostly never saw or that are too long to be read in
/// time, and where it was trained with a sentence encoder and the prompt has no sentence, or the other way round.</para>
/// <para>Best where prompts resemble the training ones. Blind to what only the model can know, such as how many steps a sum
/// takes. Source: PARS (arXiv 2510.03243), length-prediction.md (z.4).</para>
/// </remarks>
/// <param name="model">What was trained.</param>
/// <param name="abstention">When to say nothing; by default as the specification has it.</param>
public sealed class TrainedLengths(LengthModel model, LengthAbstention? abstention = null) : ILengthPredictor
{
    private readonly LengthAbstention rule = (abstention ?? new LengthAbstention()).Checked();

    /// <summary>What was trained.</summary>
    public LengthModel Model { get; } = model;

    /// <summary>Why the model as a whole is not trusted; null when it is.</summary>
    public string? Distrust => Model switch
    {
        { Samples: var samples } when samples < rule.Samples =>
            $"it was trained on {samples} answers, and {rule.Samples} are the least",
        { HeldOutTau: var tau } when !(tau >= rule.HeldOutTau) =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"its tau on held-out prompts is {tau:0.000}, and {rule.HeldOutTau:0.000} is the least"),
        _ => null,
    };

    /// <inheritdoc/>
    public LengthEstimate? Predict(in PromptFacts prompt)
    {
        if (!Reads(prompt.Text.Length, !prompt.Sentence.IsEmpty))
        {
            return null;
        }

        Span<float> dense = stackalloc float[PromptEncoder.DenseSize];
        Span<HashedFeature> room = stackalloc HashedFeature[PromptEncoder.MostHashed];
        (int count, int words) = PromptEncoder.Encode(prompt, dense, room);
        return Estimate(dense, room[..count], words, prompt.MaxAnswerTokens);
    }

    /// <summary>The estimate for a prompt that was encoded before; null when the predictor abstains.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="maxAnswerTokens">The most tokens its answer may have; null without a limit.</param>
    public LengthEstimate? Predict(EncodedPrompt prompt, int? maxAnswerTokens)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (!Reads(prompt.Characters, prompt.Hashed is [.., { Bucket: >= PromptEncoder.Buckets }]))
        {
            return null;
        }

        Span<float> dense = stackalloc float[PromptEncoder.DenseSize];
        prompt.Dense.CopyTo(dense);
        return Estimate(dense, prompt.Hashed, prompt.SingleWords, maxAnswerTokens);
    }

    private bool Reads(int characters, bool hasSentence) => Model.Samples >= rule.Samples && Model.HeldOutTau >= rule.HeldOutTau
        && characters <= rule.Characters && hasSentence == Model.ReadsSentences;

    private LengthEstimate? Estimate(Span<float> dense, ReadOnlySpan<HashedFeature> hashed, int words, int? maxAnswerTokens) =>
        words == 0 || Unseen(hashed[..words]) > rule.UnseenWords
            ? null
            : Model.Calibration.At(Model.Ranker.Score(dense, hashed)) with { MaxAnswerTokens = maxAnswerTokens ?? int.MaxValue };

    /// <summary>The share of different words that training never saw, 0–1.</summary>
    private double Unseen(ReadOnlySpan<HashedFeature> words)
    {
        int unseen = 0;
        foreach (HashedFeature word in words)
        {
            unseen += (Model.SeenWords[word.Bucket >> 6] >> word.Bucket & 1) == 0 ? 1 : 0;
        }

        return (double)unseen / words.Length;
    }
}
