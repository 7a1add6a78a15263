using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>Makes a profile from kernel tables; the same tables give the same bytes.</summary>
/// <remarks>
/// Kernel times are added up to whole steps, which become <see cref="Profile.Steps"/>; steps over a stated range are then
/// fitted by the five terms with one constant, all jointly, which become <see cref="Profile.Latency"/>.
/// </remarks>
public static class ProfileFit
{
    /// <summary>
    /// What the engine adds to a step with prefills: 4 ms. Kernel tables do not have it. It was read off the measured vLLM 0.19
    /// run of Llama-3.1-8B on RTX PRO 6000, where steps whose contents the time stamps give away last about 4 ms longer than their
    /// kernels, whether they prefill 300 tokens or 2,000; and tested on the run on RTX 4090. Steps of decodes only, which are
    /// replayed as one graph and planned while the step before runs, show none.
    /// </summary>
    public const double PrefillOverhead = 4;

    private const double Utilisation = 0.9;

    /// <summary>What leaves the 2,588 blocks of the measured run on RTX 4090.</summary>
    private const long OtherBytes = 1_693_000_000;

    private const long HostBytes = 64L << 30;
    private const int BlockSize = 16;
    private const double CopyMsPerCopy = 0.05;

    /// <summary>Fits the profile a name stands for: MODEL-HARDWARE[-tpN], as <c>qwen3-32b-rtxpro6000-tp2</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="folder">Where the kernel tables are.</param>
    /// <exception cref="FormatException">The name or a table is not as it should be.</exception>
    public static Profile Fit(string name, string folder)
    {
        ArgumentNullException.ThrowIfNull(name);
        (ModelShape model, Hardware hardware, int tp) = Parse(name);
        Kernels kernels = hardware.Tables == KernelTables.Vllm
            ? VllmKernels.Read(folder, model, hardware, tp)
            : OperatorKernels.Read(folder, model, hardware, tp);
        (DecodeAttention decode, double decodeMape) = AttentionFit.Decode(kernels.Attention, model, hardware, tp);
        (MixedAttention mixed, double mixedMape) = AttentionFit.Mixed(kernels.Attention, model, decode);
        StepTimes steps = new()
        {
            Dense = Rounded(kernels.Dense),
            Heads = Rounded(kernels.Heads),
            Decode = decode,
            Mixed = mixed,
            PrefillOverhead = PrefillOverhead,
        };
        long kv = model.KvBytesPerToken;
        int blocks = BlocksOf(name, model, hardware, tp);
        (FiveTermLatencyModel latency, FitReport report) = BeliefFit.Fit(steps, hardware, (long)blocks * BlockSize);
        return new Profile
        {
            Name = name,
            Latency = latency,
            Steps = steps,
            BlockSize = BlockSize,
            Blocks = blocks,
            HostBlocks = (int)(HostBytes * tp / (kv * BlockSize)),
            KvBytesPerToken = kv,
            CopyMsPerBlock = Digits.Seven(kv * BlockSize / (hardware.HostBytesPerSecond * tp) * 1000),
            CopyMsPerCopy = CopyMsPerCopy,
            StepTokens = hardware.StepTokens,
            StepSequences = hardware.StepSequences,
            Origin = new ProfileOrigin
            {
                Model = model.Name,
                Hardware = hardware.Name,
                Tp = tp,
                Sources = kernels.Sources,
                Assumptions =
                [
                    "engine overhead a step found in the vLLM 0.19 run of llama3.1-8b-rtxpro6000",
                    $"copies to the host at {hardware.HostBytesPerSecond / 1e9:0} GB/s a device (80 % of PCIe x16), {CopyMsPerCopy} ms each",
                    "64 GiB of host memory a device",
                    .. kernels.Assumptions,
                ],
                Fit = report,
                DecodeAttentionMape = Digits.Seven(decodeMape),
                MixedAttentionMape = Digits.Seven(mixedMape),
                DeviceBytes = hardware.DeviceBytes,
                Utilisation = Utilisation,
                WeightBytes = model.WeightBytes,
                OtherBytes = OtherBytes,
            },
        };
    }

    private static (ModelShape Model, Hardware Hardware, int Tp) Parse(string name)
    {
        foreach (ModelShape model in ModelShape.All)
        {
            foreach (Hardware hardware in Hardware.All)
            {
                string stem = $"{model.Name}-{hardware.Name}";
                if (name == stem)
                {
                    return (model, hardware, 1);
                }

                if (name.StartsWith(stem + "-tp", StringComparison.Ordinal)
                    && int.TryParse(name[(stem.Length + 3)..], out int tp) && tp is > 1 and <= 64)
                {
                    return (model, hardware, tp);
                }
            }
        }

        throw new FormatException(
            $"`{name}` is not MODEL-HARDWARE[-tpN]. Models: {string.Join(", ", ModelShape.All.Select(m => m.Name))}; " +
            $"hardware: {string.Join(", ", Hardware.All.Select(h => h.Name))}; N from 2 on.");
    }

    private static int BlocksOf(string name, ModelShape model, Hardware hardware, int tp)
    {
        double free = tp * ((hardware.DeviceBytes * Utilisation) - OtherBytes) - model.WeightBytes;
        double blocks = free / (model.KvBytesPerToken * BlockSize);
        return blocks >= 1
            ? (int)blocks
            : throw new FormatException(
                $"`{name}`: weights of {model.WeightBytes / 1e9:0.0} GB leave no room for KV on {tp} x " +
                $"{hardware.DeviceBytes / 1e9:0.0} GB. Choose a larger tp.");
    }

    private static Curve Rounded(Curve curve) => new(curve.Points.Select(p => (p.X, Digits.Seven(p.Y))));
}
