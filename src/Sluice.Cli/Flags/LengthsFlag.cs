using System.CommandLine;
using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;
using Sluice.Simulation;
using Sluice.Simulation.Lengths;
using Sluice.Simulation.Traces;

namespace Sluice.Cli.Flags;

/// <summary>What policies may know of answer lengths: one value of <c>--lengths</c>.</summary>
/// <param name="Name">The value as it was given.</param>
/// <param name="Knowledge">What they know.</param>
/// <param name="Predictor">Who tells them, for <see cref="LengthKnowledge.Predicted"/>.</param>
internal sealed record LengthChoice(string Name, LengthKnowledge Knowledge, ILengthPredictor? Predictor = null)
{
    /// <summary>Nothing is known.</summary>
    public static readonly LengthChoice None = new("none", LengthKnowledge.None);
}

/// <summary>Reads <c>--lengths none|mean|oracle|folds[:LOSS]|FILE</c>, or several of them.</summary>
internal static class LengthsFlag
{
    private const string Folds = "folds";

    private static readonly LengthChoice[] WithoutTexts =
        [LengthChoice.None, new("mean", LengthKnowledge.Mean), new("oracle", LengthKnowledge.Oracle)];

    /// <summary>The flag.</summary>
    public static Option<string> Option() => Flag.Text(
        "--lengths",
        "none|mean|oracle|folds|FILE[,…]",
        "what policies may know of answer lengths (default none): a predictor's FILE needs a trace of prompts; folds[:LOSS] trains on the trace's other prompts");

    /// <summary>The choices; predictors are read or trained at once.</summary>
    public static IReadOnlyList<LengthChoice> Choices(string? text, TraceSource trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return text is null ? [LengthChoice.None] : [.. Read.List("--lengths", text).Select(name => Choice(name, trace))];
    }

    private static LengthChoice Choice(string name, TraceSource trace)
    {
        string[] parts = name.Split(':', 2);
        return Array.Find(WithoutTexts, choice => choice.Name == name)
            ?? (parts[0] == Folds ? new(name, LengthKnowledge.Predicted, Fold(name, parts.ElementAtOrDefault(1), PromptsOf(trace, name)))
            : File.Exists(name) ? new(name, LengthKnowledge.Predicted, Trained(name, PromptsOf(trace, name)))
            : throw new UnknownNameException(
                "length knowledge, and no file of a predictor,", name, [.. WithoutTexts.Select(choice => choice.Name), Folds]));
    }

    private static PromptTrace PromptsOf(TraceSource trace, string name) => trace.Prompts ?? throw new Misuse(
        $"--lengths `{name}` needs prompts to read, and `{trace.Name}` has none",
        "serve a file of prompts with --trace FILE#MODEL, or use none, mean or oracle");

    private static FoldLengths Fold(string name, string? loss, PromptTrace prompts)
    {
        LengthTraining usual = new();
        try
        {
            return FoldLengths.Train(prompts.Set, prompts.Model, (usual with { Loss = loss ?? usual.Loss }).Checked());
        }
        catch (ArgumentException error) when (error is not UnknownNameException)
        {
            (string cause, string? hint) = Failure.Split(error.Message);
            throw new Misuse($"--lengths `{name}` cannot be trained: {cause}", hint ?? "use none, mean or oracle");
        }
    }

    private static TrainedLengths Trained(string file, PromptTrace prompts)
    {
        IReadOnlyList<LengthModel> models = LengthModelSet.Read(File.ReadAllBytes(file), $"`{file}`");
        LengthModel model = LengthModelSet.BestFor(prompts.Model, models.Where(its => !its.ReadsSentences)) ?? throw new Misuse(
            models.Count == 0
                ? $"--lengths `{file}` is empty"
                : $"--lengths `{file}` was trained with a sentence encoder, which simulations do not run",
            "train it with `sluice lengths train`, without --encoder");
        TrainedLengths predictor = new(model);
        if (predictor.Distrust is { } why)
        {
            Console.Error.WriteLine($"note: `{file}` will abstain: {why}");
        }
        else if (model.Target != "all" && model.Target != prompts.Model)
        {
            Console.Error.WriteLine($"note: `{file}` learnt answers of {model.Target}, and those of {prompts.Model} are served");
        }

        return predictor;
    }
}
