using Sluice.Core;
using Sluice.Core.Lengths.Training;
using Sluice.Core.Measures;

namespace Sluice.Simulation.Lengths;

/// <summary>One predictor for all models of a set at once, told which model answers; for sets of few prompts and many models.</summary>
/// <param name="Set">The set.</param>
/// <param name="Rows">Prompts × models with an answer.</param>
/// <param name="Prompts">Different prompts.</param>
/// <param name="PromptLength">Rows ordered by the prompt's length.</param>
/// <param name="All">Over all rows of a fold, whichever model answered.</param>
/// <param name="WithinModels">Tau-b within one model over all held-out prompts, mean over models.</param>
/// <param name="Ceiling">Tau-b of a row's other samples against one of them; null where each has one.</param>
/// <param name="Calibration">Of the pooled predictor.</param>
public sealed record PooledResult(
    string Set, int Rows, int Prompts, RankingQuality PromptLength, RankingQuality All, double WithinModels, double? Ceiling,
    CalibrationQuality Calibration)
{
    private const int FewestPrompts = 10;

    /// <summary>Trains and judges by folds of prompts: no prompt is in training and test, whichever model answers.</summary>
    public static PooledResult Of(PromptSet set, LengthTraining options)
    {
        ArgumentNullException.ThrowIfNull(set);
        LengthSample[] samples = [.. set.PooledSamples()];
        (AnsweredPrompt Prompt, string Model)[] rows =
            [.. set.Prompts.SelectMany(prompt => prompt.Answers.Keys.Order(StringComparer.Ordinal).Select(model => (prompt, model)))];
        double?[] lengths = [.. samples.Select(sample => (double?)sample.LogLength)];
        HeldOutRanking ranking = HeldOutRanking.Of(samples, [.. samples.Select(_ => true)], options);
        double[] promptLengths = [.. rows.Select(row => (double)(row.Prompt.Tokens ?? row.Prompt.Text.Length))];
        double[] within = [.. set.Models
            .Select(model => Enumerable.Range(0, rows.Length).Where(i => rows[i].Model == model).ToArray())
            .Where(chosen => chosen.Length >= FewestPrompts)
            .Select(chosen => RankCorrelation.TauB(
                [.. chosen.Select(i => ranking.Scores[i])], [.. chosen.Select(i => samples[i].LogLength)]))];
        return new PooledResult(
            set.Name,
            rows.Length,
            set.Prompts.Count,
            RankingQuality.Of(ranking.Folds, promptLengths, lengths),
            ranking.Against(lengths),
            within.Length > 0 ? within.Average() : 0,
            Repeatability(rows),
            CalibrationQuality.Of(ranking, lengths));
    }

    /// <summary>How the first sample of a row agrees with the mean of its others.</summary>
    private static double? Repeatability((AnsweredPrompt Prompt, string Model)[] rows)
    {
        double[][] several = [.. rows.Select(row => row.Prompt.Answers[row.Model]).Where(answers => answers.Length > 1)];
        return several.Length < FewestPrompts
            ? null
            : RankCorrelation.TauB(
                [.. several.Select(answers => answers.Skip(1).Average(PortableMath.Log))],
                [.. several.Select(answers => PortableMath.Log(answers[0]))]);
    }
}
