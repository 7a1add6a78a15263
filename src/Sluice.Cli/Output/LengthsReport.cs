using System.Globalization;
using Sluice.Core.Lengths.Training;
using Sluice.Simulation.Lengths;

namespace Sluice.Cli.Output;

/// <summary>Writes what <c>sluice lengths eval</c> measured: one line a set and model, then matrices, then losses.</summary>
internal sealed class LengthsReport(TextWriter writer)
{
    private readonly List<LengthResult> results = [];
    private readonly List<PooledResult> pooled = [];
    private readonly List<CrossModelMatrix> matrices = [];
    private readonly List<(string Set, string Model, IReadOnlyList<(string Loss, RankingQuality Quality)> Losses)> losses = [];

    /// <summary>Measures one set.</summary>
    public void Add(
        PromptSet set, IReadOnlyList<string> models, LengthTraining options, bool compareLosses, CancellationToken cancel)
    {
        void Progress(string what)
        {
            cancel.ThrowIfCancellationRequested();
            Console.Error.WriteLine(what);
        }

        if (set.HasSeveralSamples)
        {
            Progress($"{set.Name}, all models in one");
            pooled.Add(PooledResult.Of(set, options));
            return;
        }

        (IReadOnlyList<LengthResult> measured, CrossModelMatrix? matrix) = LengthEvaluation.Run(set, models, options, Progress);
        results.AddRange(measured);
        if (matrix is not null)
        {
            matrices.Add(matrix);
        }

        if (compareLosses)
        {
            losses.Add((set.Name, models[0], LengthEvaluation.Losses(set, models[0], options, Progress)));
        }
    }

    /// <summary>Writes the tables.</summary>
    public void Write()
    {
        if (results.Count > 0)
        {
            WriteResults();
        }

        if (pooled.Count > 0)
        {
            WritePooled();
        }

        foreach (CrossModelMatrix matrix in matrices)
        {
            WriteMatrix(matrix);
        }

        foreach (var compared in losses)
        {
            WriteLosses(compared.Set, compared.Model, compared.Losses);
        }
    }

    private void WriteResults()
    {
        TextTable table = new(
            2, "set", "model", "prompts", "by prompt length", "own", "+-", "by others", "ceiling", "filtered acc.", "rho length",
            "rho own", "in P50", "in P90", "in P95", "error");
        foreach (LengthResult result in results)
        {
            table.Add(
                result.Set,
                result.Model,
                result.Own.Prompts.ToString(CultureInfo.InvariantCulture),
                Three(result.PromptLength.Tau),
                Three(result.Own.Tau),
                Three(result.Own.TauError),
                Three(result.Others?.Tau),
                Three(result.Ceiling),
                Three(result.Own.Accuracy),
                Three(result.PromptLength.Spearman),
                Three(result.Own.Spearman),
                Shown.Percent(result.Calibration.WithinP50),
                Shown.Percent(result.Calibration.WithinP90),
                Shown.Percent(result.Calibration.WithinP95),
                Shown.Number(result.Calibration.MeanError));
        }

        writer.WriteLine("tau-b over all pairs of held-out prompts, mean of five folds");
        table.Write(writer, null);
    }

    private void WritePooled()
    {
        TextTable table = new(
            1, "set", "answers", "prompts", "by prompt length", "pooled", "+-", "within models", "ceiling", "in P50", "in P90", "in P95");
        foreach (PooledResult result in pooled)
        {
            table.Add(
                result.Set,
                result.Rows.ToString(CultureInfo.InvariantCulture),
                result.Prompts.ToString(CultureInfo.InvariantCulture),
                Three(result.PromptLength.Tau),
                Three(result.All.Tau),
                Three(result.All.TauError),
                Three(result.WithinModels),
                Three(result.Ceiling),
                Shown.Percent(result.Calibration.WithinP50),
                Shown.Percent(result.Calibration.WithinP90),
                Shown.Percent(result.Calibration.WithinP95));
        }

        writer.WriteLine();
        writer.WriteLine("one predictor for all models of a set");
        table.Write(writer, null);
    }

    private void WriteMatrix(CrossModelMatrix matrix)
    {
        TextTable table = new(1, ["trained on", .. matrix.Models]);
        for (int row = 0; row < matrix.Models.Count; row++)
        {
            table.Add([matrix.Models[row], .. matrix.Tau[row].Select(tau => Three(tau))]);
        }

        writer.WriteLine();
        writer.WriteLine($"{matrix.Set}: trained on one model, judged on another (tau-b, all pairs)");
        table.Write(writer, null);
    }

    private void WriteLosses(string set, string model, IReadOnlyList<(string Loss, RankingQuality Quality)> measured)
    {
        TextTable table = new(1, "loss", "tau-b", "+-", "filtered acc.");
        foreach ((string loss, RankingQuality quality) in measured)
        {
            table.Add(loss, Three(quality.Tau), Three(quality.TauError), Three(quality.Accuracy));
        }

        writer.WriteLine();
        writer.WriteLine($"{set}, {model}: the losses on the same features");
        table.Write(writer, null);
    }

    private static string Three(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
}
