namespace Sluice.Simulation.Profiles;

/// <summary>A kind of accelerator: its memory, its links, and which tables tell its kernel times.</summary>
/// <param name="Name">As it stands in profile names.</param>
/// <param name="TableName">As the kernel tables call it.</param>
/// <param name="Tables">The family of tables.</param>
/// <param name="DeviceBytes">Memory of one device, as the driver reports it.</param>
/// <param name="Processors">Streaming multiprocessors.</param>
/// <param name="HostBytesPerSecond">What a copy to the host reaches: 80 % of the PCIe 4.0 or 5.0 ×16 link, assumed.</param>
public sealed record Hardware(
    string Name, string TableName, KernelTables Tables, long DeviceBytes, int Processors, double HostBytesPerSecond)
{
    private const long Mebibyte = 1 << 20;
    private const double Pcie4 = 25e9;
    private const double Pcie5 = 50e9;

    /// <summary>Every kind that can be fitted.</summary>
    public static readonly IReadOnlyList<Hardware> All =
    [
        new("a100", "a100_sxm", KernelTables.Operators, 81920 * Mebibyte, 108, Pcie4) { MemoryBytesPerSecond = 0.8 * 2.04e12 },
        new("h100", "h100_sxm", KernelTables.Operators, 81559 * Mebibyte, 132, Pcie5)
        {
            MemoryBytesPerSecond = 0.8 * 3.35e12,
            StepTokens = 8192,
            StepSequences = 1024,
        },
        new("h200", "h200_sxm", KernelTables.Operators, 143771 * Mebibyte, 132, Pcie5)
        {
            MemoryBytesPerSecond = 0.8 * 4.8e12,
            StepTokens = 8192,
            StepSequences = 1024,
        },
        new("rtx4090", "RTX4090", KernelTables.Vllm, 24564 * Mebibyte, 128, Pcie4) { StepSequences = 128 },
        new("rtxpro6000", "RTXPRO6000", KernelTables.Vllm, 97887 * Mebibyte, 188, Pcie5)
        {
            StepSequences = 128,
            WaitsForLongest = true,
        },
    ];

    /// <summary>What simple kernels reach of the memory's bandwidth: 80 % of the data sheet; for operator tables only.</summary>
    public double MemoryBytesPerSecond { get; init; }

    /// <summary>
    /// vLLM's max_num_batched_tokens: its defaults on A100, H100 and H200, and what the measured runs were given on the RTX cards.
    /// </summary>
    public int StepTokens { get; init; } = 2048;

    /// <summary>vLLM's max_num_seqs, likewise.</summary>
    public int StepSequences { get; init; } = 256;

    /// <summary>
    /// Whether decodes wait for the longest of them. Seen in the measured run on RTX PRO 6000 (steps of 35 to 65 sequences take
    /// up to 3 ms more than their kernels at equal lengths), not in the one on RTX 4090.
    /// </summary>
    public bool WaitsForLongest { get; init; }
}

/// <summary>Families of kernel tables.</summary>
public enum KernelTables
{
    /// <summary><c>vllm019_*</c>: the layers of one model inside vLLM 0.19, mixed batches included.</summary>
    Vllm,

    /// <summary><c>aic_*</c>: single operators by their dimensions, from which any model is put together.</summary>
    Operators,
}
