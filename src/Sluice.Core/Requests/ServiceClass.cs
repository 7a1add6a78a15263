namespace Sluice.Core.Requests;

/// <summary>One kind of client: what its tokens are worth and what it was promised.</summary>
public sealed record ServiceClass
{
    /// <summary>The name in flags, reports and headers.</summary>
    public required string Name { get; init; }

    /// <summary>Gain of one token on time. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The promise to every request of the class.</summary>
    public required Slo Slo { get; init; }

    /// <summary>What the first token is worth, as a multiple of the weight (w_p of proserve.md (a)). Default 1.</summary>
    public double FirstTokenWeight { get; init; } = 1;

    /// <summary>What each later token is worth, as a multiple of the weight (w_d). Default 1.</summary>
    public double NextTokenWeight { get; init; } = 1;

    /// <summary>The latest end, counted from arrival; none by default.</summary>
    public TimeSpan? EndToEnd { get; init; }

    /// <summary>How long a request may wait in the queue before it is refused; none by default.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Gain of the first token on time.</summary>
    public double FirstTokenGain => Weight * FirstTokenWeight;

    /// <summary>Gain of each later token on time.</summary>
    public double NextTokenGain => Weight * NextTokenWeight;

    /// <summary>Returns this class, or says which of its values to change.</summary>
    public ServiceClass Checked()
    {
        if (string.IsNullOrWhiteSpace(Name))
        {
            throw new ArgumentException("A service class has no name. Give it one.");
        }

        RequirePositive(Weight, "weight");
        RequirePositive(FirstTokenWeight, "first-token weight");
        RequirePositive(NextTokenWeight, "next-token weight");
        RequirePositive(Slo.FirstToken.TotalMilliseconds, "TTFT");
        RequirePositive(Slo.NextToken.TotalMilliseconds, "TPOT");
        RequirePositive((EndToEnd ?? Longest).TotalMilliseconds, "end-to-end deadline");
        RequirePositive((TimeToLive ?? Longest).TotalMilliseconds, "time in the queue");
        if (Slo.FirstToken > Longest || Slo.NextToken > Longest)
        {
            throw new ArgumentException($"Service class `{Name}` promises more than a day. Lower its TTFT or TPOT.");
        }

        return this;
    }

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private void RequirePositive(double value, string what)
    {
        if (!(value > 0) || double.IsInfinity(value))
        {
            throw new ArgumentException($"Service class `{Name}` has a {what} of {value}. Give it a number above 0.");
        }
    }
}
