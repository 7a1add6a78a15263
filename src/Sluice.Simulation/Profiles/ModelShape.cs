namespace Sluice.Simulation.Profiles;

/// <summary>The dimensions of a model, from its published configuration.</summary>
/// <param name="Name">As it stands in profile names.</param>
/// <param name="TableName">As the vLLM kernel tables call it.</param>
/// <param name="Layers">Transformer layers.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="Intermediate">Width of the feed-forward network; of one expert where there are experts.</param>
/// <param name="Vocabulary">Rows of the output layer.</param>
/// <param name="Parameters">Weights, each of two bytes.</param>
public sealed record ModelShape(
    string Name, string TableName, int Layers, int Hidden, int Heads, int KvHeads, int HeadDim, int Intermediate,
    int Vocabulary, long Parameters)
{
    /// <summary>Every model that can be fitted. Another one is a line here.</summary>
    public static readonly IReadOnlyList<ModelShape> All =
    [
        new("llama3-8b", "meta-llama/Meta-Llama-3-8B", 32, 4096, 32, 8, 128, 14336, 128256, 8_030_261_248),
        new("llama3.1-8b", "meta-llama/Llama-3.1-8B", 32, 4096, 32, 8, 128, 14336, 128256, 8_030_261_248),
        new("llama3-70b", "meta-llama/Meta-Llama-3-70B", 80, 8192, 64, 8, 128, 28672, 128256, 70_553_706_496),
        new("llama3.1-70b", "meta-llama/Llama-3.1-70B", 80, 8192, 64, 8, 128, 28672, 128256, 70_553_706_496),
        new("qwen3-32b", "Qwen/Qwen3-32B", 64, 5120, 64, 8, 128, 25600, 151936, 32_762_123_264),
        new("qwen3-30b-a3b", "Qwen/Qwen3-30B-A3B-Instruct-2507", 48, 2048, 32, 4, 128, 768, 151936, 30_532_122_624)
        {
            Experts = 128,
            ExpertsPerToken = 8,
        },
    ];

    /// <summary>Experts a layer; 0 for a dense model.</summary>
    public int Experts { get; init; }

    /// <summary>Experts a token passes through.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>Bytes of KV a token takes, in 16 bits.</summary>
    public long KvBytesPerToken => 2L * Layers * KvHeads * HeadDim * 2;

    /// <summary>Bytes of weights, in 16 bits.</summary>
    public long WeightBytes => 2 * Parameters;

    /// <summary>
    /// How many experts a batch wakes when each token picks its own without regard to the others: E (1 − (1 − k/E)^tokens).
    /// </summary>
    public double ExpertsAwake(int tokens) =>
        Experts * (1 - Math.Pow(1 - ((double)ExpertsPerToken / Experts), tokens));
}
