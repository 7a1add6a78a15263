namespace Sluice.Core.Latency;

/// <summary>Foresees how long a step takes, as a constant and one term a sequence. All times in milliseconds.</summary>
/// <remarks>
/// A step lasts <see cref="Constant"/> plus the sum of the terms of what it holds (proserve.md (b)). Terms are
/// milliseconds as <c>double</c>, not <see cref="TimeSpan"/>: one decode token costs a few hundred nanoseconds, close to the tick.
/// </remarks>
public interface ILatencyModel
{
    /// <summary>C0: what a step costs whatever it holds, ms.</summary>
    double Constant { get; }

    /// <summary>The term of <paramref name="tokens"/> new tokens behind <paramref name="context"/> cached ones, ms.</summary>
    double Prefill(int tokens, int context);

    /// <summary>The term of one more token behind <paramref name="context"/> cached ones, ms.</summary>
    double Decode(int context);

    /// <summary>A whole step: the constant and the terms of all it holds, ms.</summary>
    double Step(in StepShape shape);

    /// <summary>
    /// The largest n ≤ <paramref name="most"/> for which a prefill of n tokens behind <paramref name="context"/> cached
    /// ones fits into <paramref name="budget"/> ms; 0 when not even one does. Only ever the prefill term, also for n = 1.
    /// </summary>
    int LargestPrefill(int context, int most, double budget);
}
