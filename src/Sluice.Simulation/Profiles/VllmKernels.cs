namespace Sluice.Simulation.Profiles;

/// <summary>Puts a model together from the layers that were measured inside vLLM 0.19.</summary>
internal static class VllmKernels
{
    private const string Dense = "vllm019_dense_layers";
    private const string PerSequence = "vllm019_per_sequence_layers";
    private const string Attention = "vllm019_attention";
    private const string Experts = "vllm019_moe";

    /// <summary>Kernels that run once a step; all others run in every layer, <c>layernorm</c> twice.</summary>
    private static readonly string[] OncePerStep = ["embedding", "final_layernorm"];

    /// <summary>Reads what the tables have of a model.</summary>
    /// <exception cref="FormatException">They do not have it.</exception>
    public static Kernels Read(string folder, ModelShape model, Hardware hardware, int tp)
    {
        string[] key = [hardware.TableName, model.TableName, $"{tp}"];
        var layers = ReadCurves(folder, Dense, "layer", "tokens", key);
        var heads = ReadCurves(folder, PerSequence, "layer", "sequences", key);
        if (layers.Count == 0 || heads.Count == 0)
        {
            throw new FormatException(
                $"{folder}: {Dense} has no rows of {model.TableName} on {hardware.TableName} at tp {tp}. " +
                "Choose another model, hardware or tp.");
        }

        List<string> sources = [Dense, PerSequence, Attention];
        List<string> assumptions = [];
        var experts = model.Experts > 0 ? ReadExperts(folder, key) : null;
        if (experts is not null)
        {
            sources.Add(Experts);
            assumptions.Add("experts are chosen evenly and independently by each token");
        }

        if (tp > 1)
        {
            assumptions.Add(AllReduce.OverPcie);
        }

        double[] places = [.. layers.Values.SelectMany(c => c.Points.Select(p => p.X)).Distinct().Order()];
        Curve dense = new(places.Select(tokens => (tokens, WholeModel(tokens))));
        Curve sampling = new(heads.Values.First().Points.Select(p => (p.X, heads.Values.Sum(c => c.At(p.X)))));
        return new Kernels(dense, sampling, [.. ReadAttention(folder, key)], sources, assumptions);

        double WholeModel(double tokens)
        {
            double once = 0;
            double layer = 0;
            foreach ((string name, Curve curve) in layers)
            {
                double time = curve.At(tokens);
                once += OncePerStep.Contains(name) ? time : 0;
                layer += OncePerStep.Contains(name) ? 0 : name == "layernorm" ? 2 * time : time;
            }

            layer += experts?.At((int)tokens, model.ExpertsAwake((int)tokens)) ?? 0;
            layer += tp > 1 ? 2 * AllReduce.OverPcieMilliseconds(2 * tokens * model.Hidden) : 0;
            return once + (layer * model.Layers);
        }
    }

    private static SortedDictionary<string, Curve> ReadCurves(
        string folder, string table, string name, string place, string[] key)
    {
        SortedDictionary<string, Curve> curves = new(StringComparer.Ordinal);
        var rows = CsvTable.Read(folder, table, "hardware", "model", "tp", name, place, "time_us")
            .Where(row => row.AsSpan(0, 3).SequenceEqual(key));
        foreach (var layer in rows.GroupBy(row => row[3]))
        {
            curves[layer.Key] = new Curve(layer.Select(row => (CsvTable.Number(row[4]), CsvTable.Number(row[5]) / 1000)));
        }

        return curves;
    }

    private static IEnumerable<AttentionSample> ReadAttention(string folder, string[] key)
    {
        foreach (string[] row in CsvTable.Read(
            folder, Attention, "hardware", "model", "tp", "prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"))
        {
            if (row.AsSpan(0, 3).SequenceEqual(key))
            {
                int[] n = [.. row[3..7].Select(cell => (int)CsvTable.Number(cell))];
                yield return new AttentionSample(n[0] > 0 ? 1 : 0, n[0], n[1], n[2], n[3], CsvTable.Number(row[7]) / 1000);
            }
        }
    }

    private static Surface ReadExperts(string folder, string[] key)
    {
        // The table has tp 1 only; with more devices each expert is cut, and a device does its share of the work.
        var rows = CsvTable.Read(folder, Experts, "hardware", "model", "tp", "tokens", "activated_experts", "time_us")
            .Where(row => row[0] == key[0] && row[1] == key[1])
            .Select(row => (Tp: CsvTable.Number(row[2]), X: CsvTable.Number(row[3]), Y: CsvTable.Number(row[4]),
                Z: CsvTable.Number(row[5]) / 1000));
        double tp = CsvTable.Number(key[2]);
        return new Surface(rows.Select(row => (row.X, row.Y, row.Z * row.Tp / tp)));
    }
}
