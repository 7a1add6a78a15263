using System.Globalization;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths;

/// <summary>Made-up prompts whose answers' lengths follow from their words, with noise.</summary>
internal static class MadeUp
{
    private static readonly (string Verb, double Tokens)[] Tasks =
        [("Name", 8), ("Translate", 20), ("Summarize", 60), ("Explain", 180), ("Write an essay about", 500)];

    private static readonly string[] Topics =
        ["cats", "bridges", "the moon", "old clocks", "rivers in spring", "glass", "trade", "music of the north"];

    /// <summary>A prompt and the tokens of its answer.</summary>
    public static (string Prompt, double Tokens) Answer(Random chance)
    {
        (string verb, double tokens) = Tasks[chance.Next(Tasks.Length)];
        string prompt = $"{verb} {Topics[chance.Next(Topics.Length)]} and {Topics[chance.Next(Topics.Length)]} for class {Letters(chance)}.";
        return (prompt, Math.Max(1, Math.Round(tokens * Math.Exp(0.3 * ((2 * chance.NextDouble()) - 1)))));
    }

    public static LengthSample[] Samples(int count, int seed)
    {
        Random chance = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            (string prompt, double tokens) = Answer(chance);
            return LengthSample.Of(new PromptFacts(prompt), tokens);
        })];
    }

    public static LengthModel Model(int count = 300, int seed = 1, LengthTraining? options = null) =>
        LengthTrainer.Train(Samples(count, seed), options ?? new LengthTraining { Passes = 3 }, "made-up");

    public static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Letters(Random chance) =>
        string.Concat(Enumerable.Range(0, 3).Select(_ => (char)('a' + chance.Next(26))));
}
