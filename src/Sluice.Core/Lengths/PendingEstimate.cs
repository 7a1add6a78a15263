namespace Sluice.Core.Lengths;

/// <summary>An estimate that another thread is working on, and what stands in for it when it is late.</summary>
/// <remarks>
/// Scoring never blocks who schedules: a worker calls <see cref="Answer"/>, the scheduler's thread asks <see cref="IsSettled"/> with its own
/// time. Whatever comes first, the answer or the end of the budget, stands for good. Source: length-prediction.md (z.4), fail open.
/// </remarks>
/// <param name="asked">When the worker was asked.</param>
/// <param name="budget">How long to wait for it.</param>
/// <param name="fallback">What stands in, as the tenant's average; null: the order of arrival.</param>
public sealed class PendingEstimate(Instant asked, TimeSpan budget, LengthEstimate? fallback)
{
    /// <summary>The usual budget: 1 ms.</summary>
    public static readonly TimeSpan UsualBudget = TimeSpan.FromMilliseconds(1);

    private Answered? answer;
    private bool isSettled;
    private LengthEstimate? settled;

    /// <summary>Whether the fallback was taken because the worker was late.</summary>
    public bool WasLate { get; private set; }

    /// <summary>The worker's answer; null where the predictor abstains. One call, from any thread.</summary>
    public void Answer(LengthEstimate? estimate) => Volatile.Write(ref answer, new Answered(estimate));

    /// <summary>Whether the estimate stands; false while the worker is still within its budget.</summary>
    /// <param name="now">The scheduler's time.</param>
    /// <param name="estimate">The worker's estimate, or the fallback where it abstained or was late.</param>
    public bool IsSettled(Instant now, out LengthEstimate? estimate)
    {
        if (!isSettled)
        {
            Answered? given = Volatile.Read(ref answer);
            WasLate = given is null && now >= asked + budget;
            isSettled = given is not null || WasLate;
            settled = given?.Estimate ?? fallback;
        }

        estimate = isSettled ? settled : null;
        return isSettled;
    }

    private sealed record Answered(LengthEstimate? Estimate);
}
