using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Sentences;
using Sluice.Core.Lengths.Training;

namespace Sluice.Simulation.Lengths;

/// <summary>A prompt and how long models' answers to it were.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Text">What was asked.</param>
/// <param name="Tokens">Tokens of the prompt; null where the file does not say.</param>
/// <param name="Answers">For each model the tokens of its answers, one or several; empty answers are left out.</param>
public sealed record AnsweredPrompt(string Id, string Text, int? Tokens, IReadOnlyDictionary<string, double[]> Answers)
{
    /// <summary>What a sentence encoder made of the text; empty without one.</summary>
    public float[] Sentence { get; init; } = [];

    /// <summary>Mean ln(tokens) of a model's answers; null where it gave none.</summary>
    public double? LogLength(string model) =>
        Answers.TryGetValue(model, out double[]? tokens) ? tokens.Average(PortableMath.Log) : null;
}

/// <summary>The prompts of a file, with the lengths of their answers.</summary>
/// <param name="Name">The file's name without its endings.</param>
/// <param name="Prompts">In the file's order.</param>
/// <param name="EmptyAnswers">Answers without a token, which were left out.</param>
public sealed record PromptSet(string Name, IReadOnlyList<AnsweredPrompt> Prompts, int EmptyAnswers)
{
    /// <summary>All models that answered, in ordinal order.</summary>
    public IReadOnlyList<string> Models { get; } =
        [.. Prompts.SelectMany(prompt => prompt.Answers.Keys).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Whether some model answered a prompt more than once.</summary>
    public bool HasSeveralSamples { get; } =
        Prompts.Any(prompt => prompt.Answers.Values.Any(answers => answers.Length > 1));

    /// <summary>The same prompts, read by a sentence encoder.</summary>
    public PromptSet Encoded(SentenceEncoder encoder) =>
        this with { Prompts = [.. Prompts.Select(prompt => prompt with { Sentence = encoder.Encode(prompt.Text) })] };

    /// <summary>A model's answers as samples, in the file's order. Only prompts that it answered.</summary>
    public IReadOnlyList<LengthSample> Samples(string model) =>
        [.. Prompts.Where(prompt => prompt.Answers.ContainsKey(model))
            .Select(prompt => Sample(prompt, prompt.LogLength(model)!.Value, ""))];

    /// <summary>Every model's answers as samples of one training, each with its model's name as a feature.</summary>
    public IReadOnlyList<LengthSample> PooledSamples() =>
        [.. Prompts.SelectMany(prompt => prompt.Answers.Keys.Order(StringComparer.Ordinal)
            .Select(model => Sample(prompt, prompt.LogLength(model)!.Value, model)))];

    /// <summary>
    /// For each prompt the mean over models of ln(tokens), each model's own mean taken off first; null where none but
    /// <paramref name="except"/> answered.
    /// </summary>
    public IReadOnlyList<double?> Consensus(string? except)
    {
        Dictionary<string, double> means = [];
        foreach (string model in Models.Where(model => model != except))
        {
            means[model] = Prompts.Where(prompt => prompt.Answers.ContainsKey(model)).Average(prompt => prompt.LogLength(model)!.Value);
        }

        double level = means.Count > 0 ? means.Values.Average() : 0;
        return [.. Prompts.Select(prompt =>
        {
            double[] deviations = [.. prompt.Answers.Keys.Where(means.ContainsKey).Order(StringComparer.Ordinal)
                .Select(model => prompt.LogLength(model)!.Value - means[model])];
            return deviations.Length > 0 ? level + deviations.Average() : (double?)null;
        })];
    }

    /// <summary>A prompt as a sample with a length of the caller's choice, ln(tokens).</summary>
    public static LengthSample Sample(AnsweredPrompt prompt, double logLength, string model)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return LengthSample.Of(
            new PromptFacts(prompt.Text) { PromptTokens = prompt.Tokens, Model = model, Sentence = prompt.Sentence }, PortableMath.Exp(logLength));
    }
}
