using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>When `slide` wants the next token of a sequence.</summary>
/// <remarks>
/// The first when it was promised. Each later one a TPOT after the one before, counted from the earlier of promised and actual
/// first token: then both the fixed deadlines and the mean TPOT are kept. It aims a little under that TPOT, because whoever aims
/// at a mean exactly misses it every other time.
/// </remarks>
internal static class Due
{
    private const double Aim = 0.98;

    /// <summary>The moment, ticks.</summary>
    public static double Of(Sequence sequence)
    {
        long promised = sequence.Request.Deadline(0).Ticks;
        long first = sequence.FirstTokenAt is { } at ? Math.Min(at.Ticks, promised) : promised;
        return first + (Aim * sequence.Generated * sequence.Request.Class.Slo.NextToken.Ticks);
    }

    /// <summary>Time until it, ms.</summary>
    public static double Left(double due, Instant now) => (due - now.Ticks) / TimeSpan.TicksPerMillisecond;
}
