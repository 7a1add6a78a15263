using Sluice.Core.Lengths.Online;

namespace Sluice.Gateway.Lengths;

/// <summary>How a gateway learns how long answers will be.</summary>
public sealed record LengthOptions
{
    /// <summary>Where it keeps what it has learnt; null forgets it with the process. Default null.</summary>
    public LengthStore? Store { get; init; }

    /// <summary>How it learns.</summary>
    public LengthLearning Learning { get; init; } = new();
}
