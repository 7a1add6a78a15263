namespace Sluice.Simulation.Profiles;

/// <summary>Puts a model together from single operators: matrix products by m, n, k, attention by heads, all-reduce by bytes.</summary>
/// <remarks>
/// Norms, activations and sampling have no table; they are counted as the bytes they move. The tables have no prefill behind
/// cached tokens: causal attention looks at q²/2 + q·kv pairs, so a q·kv costs twice a q².
/// </remarks>
internal static class OperatorKernels
{
    private const string Gemm = "aic_gemm_bf16";
    private const string Prefill = "aic_context_attention_bf16";
    private const string Generation = "aic_generation_attention_bf16";
    private const int Bytes = 2;

    /// <summary>Reads what the tables have of a model's operators.</summary>
    /// <exception cref="FormatException">They do not have them.</exception>
    public static Kernels Read(string folder, ModelShape model, Hardware hardware, int tp)
    {
        if (model.Experts > 0 || model.KvHeads % tp != 0)
        {
            throw new FormatException(
                $"{Gemm} has what a dense model with {tp} | KV heads needs; {model.Name} is not one. Choose another model or tp.");
        }

        var products = ReadProducts(folder, hardware);
        int queries = model.Heads * model.HeadDim / tp;
        int keysAndValues = 2 * model.KvHeads * model.HeadDim / tp;
        int inner = model.Intermediate / tp;
        double perMs = hardware.MemoryBytesPerSecond / 1000;
        Curve? reduce = tp > 1 ? AllReduce.ReadNccl(folder, hardware, tp) : null;
        double[] places = [.. products.First().Value.Points.Select(p => p.X).Where(m => m <= 2 * hardware.StepTokens)];
        Curve dense = new(places.Select(m => (m, model.Layers * Layer(m))));
        Curve heads = new(places.Where(m => m <= hardware.StepSequences).Select(m => (m, Sampling(m))));
        List<string> sources = [Gemm, Prefill, Generation];
        if (reduce is not null)
        {
            sources.Add("aic_nccl");
        }

        return new Kernels(dense, heads, [.. ReadAttention(folder, model, hardware, tp)], sources,
        [
            $"norms, activations and sampling move their bytes at {hardware.MemoryBytesPerSecond / 1e12:0.00} TB/s",
            "a prefill's q·kv costs twice its q², as the tables have no prefill behind cached tokens",
            "decodes beside a prefill cost what they cost alone",
        ]);

        double Layer(double m)
        {
            double moved = m * Bytes * ((8 * model.Hidden) + (2 * (queries + keysAndValues)) + (3 * inner));
            return Product(products, m, queries + keysAndValues, model.Hidden) + Product(products, m, model.Hidden, queries)
                + Product(products, m, 2 * inner, model.Hidden) + Product(products, m, model.Hidden, inner)
                + (moved / perMs) + (reduce is null ? 0 : 2 * reduce.At(m * model.Hidden * Bytes));
        }

        double Sampling(double m) =>
            Product(products, m, model.Vocabulary / tp, model.Hidden) + (m * model.Vocabulary * 4 * 4 / perMs);
    }

    /// <summary>A matrix product between the measured ones around it, straight in n and in k.</summary>
    private static double Product(SortedDictionary<(int N, int K), Curve> products, double m, int n, int k)
    {
        (int n0, int n1) = Around([.. products.Keys.Select(p => p.N).Distinct().Order()], n);
        (int k0, int k1) = Around([.. products.Keys.Select(p => p.K).Distinct().Order()], k);
        double atN = n1 == n0 ? 0 : (double)(n - n0) / (n1 - n0);
        double atK = k1 == k0 ? 0 : (double)(k - k0) / (k1 - k0);
        return Between(
            Between(Time(n0, k0), Time(n1, k0), atN),
            Between(Time(n0, k1), Time(n1, k1), atN), atK);

        double Time(int rows, int columns) => products.TryGetValue((rows, columns), out Curve? curve)
            ? curve.At(m)
            : throw new FormatException($"{Gemm} has no product with n {rows} and k {columns}. Choose another tp.");
    }

    private static double Between(double a, double b, double part) => a + ((b - a) * part);

    /// <summary>The measured sizes around one; the last two for one beyond them.</summary>
    private static (int Below, int Above) Around(int[] sizes, int size)
    {
        int at = Array.BinarySearch(sizes, size);
        if (at >= 0)
        {
            return (size, size);
        }

        int above = Math.Clamp(~at, 1, sizes.Length - 1);
        return (sizes[above - 1], sizes[above]);
    }

    private static SortedDictionary<(int N, int K), Curve> ReadProducts(string folder, Hardware hardware)
    {
        SortedDictionary<(int, int), Curve> products = [];
        var rows = CsvTable.Read(folder, Gemm, "system", "n", "k", "m", "latency_ms").Where(row => row[0] == hardware.TableName);
        foreach (var group in rows.GroupBy(row => ((int)CsvTable.Number(row[1]), (int)CsvTable.Number(row[2]))))
        {
            products[group.Key] = new Curve(group.Select(row => (CsvTable.Number(row[3]), CsvTable.Number(row[4]))));
        }

        return products;
    }

    private static IEnumerable<AttentionSample> ReadAttention(string folder, ModelShape model, Hardware hardware, int tp)
    {
        string[] key = [hardware.TableName, $"{model.Heads / tp}", $"{model.KvHeads / tp}", $"{model.HeadDim}"];
        foreach (int[] n in Rows(Prefill, "prefix_step"))
        {
            yield return new AttentionSample(n[0], n[1], n[2], 0, 0, n[3] / 1e6);
        }

        foreach (int[] n in Rows(Generation, "step_kv_len"))
        {
            yield return new AttentionSample(0, 0, 0, n[0], n[1] + n[2] - 1, n[3] / 1e6);
        }

        // Times as whole nanoseconds, beside the other whole numbers.
        IEnumerable<int[]> Rows(string table, string cached) =>
            CsvTable.Read(folder, table, "system", "num_heads", "num_kv_heads", "head_dim", "batch_size", "isl", cached, "latency_ms")
                .Where(row => row.AsSpan(0, 4).SequenceEqual(key))
                .Select(row => new[]
                {
                    (int)CsvTable.Number(row[4]), (int)CsvTable.Number(row[5]), (int)CsvTable.Number(row[6]),
                    (int)Math.Round(CsvTable.Number(row[7]) * 1e6),
                });
    }
}
