using Sluice.Core.Lengths;
using Sluice.Core.Requests;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation;

/// <summary>What the policies may know of the answers' lengths.</summary>
public enum LengthKnowledge
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The mean of the trace, the same for every request.</summary>
    Mean,

    /// <summary>The true length of each: an upper limit for every predictor.</summary>
    Oracle,

    /// <summary>What a predictor says of each prompt when it arrives.</summary>
    Predicted,
}

/// <summary>A service class and how many of the requests are given to it.</summary>
/// <param name="Class">The class.</param>
/// <param name="Share">Share of the requests, 0–1; the shares of a run add up to 1.</param>
public readonly record struct ClassShare(ServiceClass Class, double Share);

/// <summary>Everything a run depends on, besides its trace.</summary>
public sealed record SimulationOptions
{
    /// <summary>One profile an instance, in the order of the instances. At least one.</summary>
    public required IReadOnlyList<Profile> Instances { get; init; }

    /// <summary>The batching policy, with options as <c>name:key=value:key=value</c>. Default <c>proserve</c>.</summary>
    public string Batching { get; init; } = "proserve";

    /// <summary>The routing policy. Default <c>roundrobin</c>.</summary>
    public string Routing { get; init; } = "roundrobin";

    /// <summary>
    /// The first this many instances prefill, the others decode (P/D-disaggregated); null when every instance does both.
    /// </summary>
    public int? PrefillInstances { get; init; }

    /// <summary>The service classes, assigned by seed.</summary>
    public required IReadOnlyList<ClassShare> Classes { get; init; }

    /// <summary>Arrival times are divided by this. Default 1.</summary>
    public double RateScale { get; init; } = 1;

    /// <summary>The seed of every stream of chance. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What policies may know of answer lengths. Default nothing.</summary>
    public LengthKnowledge Lengths { get; init; } = LengthKnowledge.None;

    /// <summary>What reports call that; null takes the name of <see cref="Lengths"/> itself.</summary>
    public string? LengthsName { get; init; }

    /// <summary>Who predicts, for <see cref="LengthKnowledge.Predicted"/>; it must not have learnt from what is served.</summary>
    public ILengthPredictor? Predictor { get; init; }

    /// <summary>Device blocks of every instance; null takes the profile's.</summary>
    public int? KvBlocks { get; init; }

    /// <summary>Host blocks of every instance; null takes the profile's.</summary>
    public int? HostBlocks { get; init; }

    /// <summary>Tokens in a block; null takes the profile's.</summary>
    public int? BlockSize { get; init; }

    /// <summary>
    /// Standard deviation of the step time's noise as a share of it (the distribution: <c>StepClock</c>). Default 0, no noise.
    /// </summary>
    public double StepNoise { get; init; }

    /// <summary>The mean answer of the trace, for <see cref="LengthKnowledge.Mean"/>; <see cref="Preflight"/> finds it.</summary>
    public double? MeanAnswerTokens { get; init; }

    /// <summary>
    /// What all calls of each application cost together, in KV token-time, for <see cref="LengthKnowledge.Oracle"/>; <see cref="Preflight"/>
    /// finds it. Default unknown.
    /// </summary>
    public IReadOnlyDictionary<long, double> ApplicationCosts { get; init; } = new Dictionary<long, double>();

    /// <summary>When which instance serves nobody. Default never.</summary>
    public IReadOnlyList<Outage> Outages { get; init; } = [];

    /// <summary>Share of requests whose client gives up after a while. Default 0.</summary>
    public double ImpatientShare { get; init; }

    /// <summary>Mean of the exponential time after which those give up. Default 10 s.</summary>
    public TimeSpan MeanPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told of every request that ends.</summary>
    public Action<EndedRequest>? Ended { get; init; }

    /// <summary>Reads a wall clock in ticks of 100 ns, to measure decisions; null leaves them unmeasured.</summary>
    public Func<long>? WallClock { get; init; }

    /// <summary>Told the number of requests that have ended, now and then; for a progress bar.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Whether steps that are sure to be alike are run at once. Changes nothing but the speed; off only in tests.</summary>
    internal bool FastForward { get; init; } = true;

    /// <summary>Told after every event; for tests of invariants.</summary>
    internal Action<Simulator, IReadOnlyList<SimulatedInstance>>? AfterEvent { get; init; }

    /// <summary>Returns these options, or says which one to change.</summary>
    public SimulationOptions Checked()
    {
        Require(Instances.Count is >= 1 and <= 4096, $"A fleet of {Instances.Count} instances cannot be. Choose 1 to 4096.");
        Require(
            PrefillInstances is not { } prefills || (prefills >= 1 && prefills < Instances.Count),
            $"{PrefillInstances} of {Instances.Count} instances cannot prefill alone: at least one must prefill and one decode.");
        Require(
            (Lengths == LengthKnowledge.Predicted) == (Predictor is not null),
            "Predicted lengths need a predictor, and others have none. Give both or neither.");
        Require(Classes.Count > 0, "There is no service class. Give at least one.");
        Require(RateScale is > 0 and <= 1e9, $"A rate scale of {RateScale} cannot be. Choose a number above 0.");
        Require(StepNoise is >= 0 and <= 1, $"A step noise of {StepNoise} cannot be. Choose a share from 0 to 1.");
        Require(ImpatientShare is >= 0 and <= 1, $"A share of {ImpatientShare} of impatient clients cannot be. Choose 0 to 1.");
        Require(
            Classes.All(share => share.Share is >= 0 and <= 1) && Math.Abs(Classes.Sum(share => share.Share) - 1) < 1e-6,
            $"The shares of the service classes add up to {Classes.Sum(share => share.Share)}. Make them add up to 1.");
        Require(
            Classes.Select(share => share.Class.Name).Distinct().Count() == Classes.Count,
            "Two service classes have the same name. Rename one.");
        foreach (ClassShare share in Classes)
        {
            share.Class.Checked();
        }

        foreach (Profile profile in Instances)
        {
            KvOf(profile).Checked();
        }

        foreach (Outage outage in Outages)
        {
            Require(
                outage.Instance >= 0 && outage.Instance < Instances.Count && outage.From < outage.Until,
                $"The outage of instance {outage.Instance} from {outage.From.Milliseconds} to {outage.Until.Milliseconds} ms cannot be.");
        }

        return this;
    }

    /// <summary>The KV memory of an instance with this profile.</summary>
    public Core.KvCache.KvOptions KvOf(Profile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        int size = BlockSize ?? profile.BlockSize;

        // Blocks of another size: the same memory, cut differently.
        int Recut(int blocks) => (int)((long)blocks * profile.BlockSize / Math.Max(size, 1));
        return new Core.KvCache.KvOptions
        {
            BlockSize = size,
            DeviceBlocks = KvBlocks ?? Recut(profile.Blocks),
            HostBlocks = HostBlocks ?? Recut(profile.HostBlocks),
        };
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
