namespace Sluice.Simulation.Profiles;

/// <summary>Where a profile comes from and how far it can be trusted.</summary>
public sealed record ProfileOrigin
{
    /// <summary>The model, as in the profile's name.</summary>
    public required string Model { get; init; }

    /// <summary>The hardware, as in the profile's name.</summary>
    public required string Hardware { get; init; }

    /// <summary>Devices the model is spread over, tensor-parallel.</summary>
    public required int Tp { get; init; }

    /// <summary>The kernel tables it was fitted to.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>What the tables do not tell.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }

    /// <summary>The fit of what the policies believe.</summary>
    public required FitReport Fit { get; init; }

    /// <summary>Mean error of attention alone against its launches: decodes, 0–1.</summary>
    public required double DecodeAttentionMape { get; init; }

    /// <summary>Mean error of attention alone against its launches: steps with prefills, 0–1.</summary>
    public required double MixedAttentionMape { get; init; }

    /// <summary>Memory of one device, bytes.</summary>
    public required long DeviceBytes { get; init; }

    /// <summary>The share of it the engine takes.</summary>
    public required double Utilisation { get; init; }

    /// <summary>Weights of the model, all devices together, bytes.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Activations, graphs and buffers of one device, bytes.</summary>
    public required long OtherBytes { get; init; }
}

/// <summary>The five-term model against the steps it was fitted to.</summary>
/// <param name="Samples">Steps.</param>
/// <param name="MostPrefillTokens">Prefill tokens in a step, from 16 to this.</param>
/// <param name="MostDecodes">Decodes in a step, from 0 to this.</param>
/// <param name="MostContext">Cached tokens of a sequence, from 0 to this.</param>
/// <param name="Mape">Mean of |predicted − composed| / composed.</param>
/// <param name="R2">Coefficient of determination.</param>
public sealed record FitReport(
    int Samples, int MostPrefillTokens, int MostDecodes, int MostContext, double Mape, double R2);
