using Sluice.Core.Lengths.Training;
using Sluice.Core.Measures;

namespace Sluice.Simulation.Lengths;

/// <summary>What a predictor reaches on the answers of one model to one set.</summary>
/// <param name="Set">The set.</param>
/// <param name="Model">Whose answers.</param>
/// <param name="PromptLength">Prompts ordered by their own length.</param>
/// <param name="Own">Trained on this model's answers to other prompts.</param>
/// <param name="Others">Trained on the other models' mean ln(length) for other prompts; null with one model.</param>
/// <param name="Ceiling">
/// Tau-b of that mean for the same prompts, or of other samples by the same model: what one who knew the prompt perfectly might reach; null with neither.
/// </param>
/// <param name="Calibration">Of <paramref name="Own"/>.</param>
public sealed record LengthResult(
    string Set, string Model, RankingQuality PromptLength, RankingQuality Own, RankingQuality? Others, double? Ceiling,
    CalibrationQuality Calibration);

/// <summary>Tau-b on held-out prompts, trained on one model's answers and judged on another's.</summary>
/// <param name="Set">The set.</param>
/// <param name="Models">Rows (trained on) and columns (judged on) alike.</param>
/// <param name="Tau">Row by row.</param>
public sealed record CrossModelMatrix(string Set, IReadOnlyList<string> Models, IReadOnlyList<IReadOnlyList<double>> Tau);

/// <summary>Five-fold evaluation of length predictors on a prompt set.</summary>
/// <remarks>Prompts that share a template are held out together. Nothing is chosen on what is reported.</remarks>
public static class LengthEvaluation
{
    /// <summary>Evaluates some models of a set, each on its own and across.</summary>
    /// <param name="set">The prompts.</param>
    /// <param name="models">Models of the set.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Is told what is done next.</param>
    public static (IReadOnlyList<LengthResult> Results, CrossModelMatrix? Matrix) Run(
        PromptSet set, IReadOnlyList<string> models, LengthTraining options, Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(models);
        LengthSample[] samples = [.. set.Prompts.Select(prompt => PromptSet.Sample(prompt, 0, ""))];
        int[] folds = [.. samples.Select(LengthTrainer.Fold)];
        double[] promptLengths = [.. set.Prompts.Select(prompt => (double)(prompt.Tokens ?? prompt.Text.Length))];
        Dictionary<string, double?[]> lengths = models.ToDictionary(
            model => model, model => set.Prompts.Select(prompt => prompt.LogLength(model)).ToArray());
        List<LengthResult> results = [];
        List<double[]> matrix = [];
        foreach (string model in models)
        {
            progress?.Invoke($"{set.Name}, {model}");
            double?[] own = lengths[model];
            HeldOutRanking ranking = Train(samples, own, options);
            double?[] consensus = [.. set.Consensus(model)];
            RankingQuality? others = set.Models.Count > 1 ? Train(samples, consensus, options).Against(own) : null;
            results.Add(new LengthResult(
                set.Name,
                model,
                RankingQuality.Of(folds, promptLengths, own),
                ranking.Against(own),
                others,
                set.Models.Count > 1 ? Agreement(consensus, own) : null,
                CalibrationQuality.Of(ranking, own)));
            matrix.Add([.. models.Select(judged => ranking.Against(lengths[judged]).Tau)]);
        }

        return (results, models.Count > 1 ? new CrossModelMatrix(set.Name, models, matrix) : null);
    }

    /// <summary>Tau-b by each loss, on the same features, folds and answers.</summary>
    public static IReadOnlyList<(string Loss, RankingQuality Quality)> Losses(
        PromptSet set, string model, LengthTraining options, Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        LengthSample[] samples = [.. set.Prompts.Select(prompt => PromptSet.Sample(prompt, 0, ""))];
        double?[] own = [.. set.Prompts.Select(prompt => prompt.LogLength(model))];
        List<(string Loss, RankingQuality Quality)> all = [];
        foreach (string loss in RankingLosses.Names)
        {
            progress?.Invoke($"{set.Name}, {model}, {loss}");
            all.Add((loss, Train(samples, own, options with { Loss = loss }).Against(own)));
        }

        return all;
    }

    private static HeldOutRanking Train(LengthSample[] samples, double?[] lengths, LengthTraining options) => HeldOutRanking.Of(
        [.. samples.Select((sample, i) => sample with { LogLength = lengths[i] ?? 0 })],
        [.. lengths.Select(length => length is not null)],
        options);

    private static double Agreement(double?[] consensus, double?[] own)
    {
        int[] both = [.. Enumerable.Range(0, own.Length).Where(i => own[i] is not null && consensus[i] is not null)];
        return RankCorrelation.TauB([.. both.Select(i => consensus[i]!.Value)], [.. both.Select(i => own[i]!.Value)]);
    }
}
