using System.Diagnostics;

namespace Sluice.Cli.Output;

/// <summary>One line on standard error that tells how far the work is; silent where nobody watches.</summary>
internal sealed class ProgressLine(long total, string unit) : IDisposable
{
    private const int Bar = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly bool isWatched = !Console.IsErrorRedirected && total > 0;
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly Lock drawing = new();
    private long done;
    private long drawnAt;
    private int drawn;

    /// <summary>Adds work that is done. May be called by several threads.</summary>
    public void Add(long more)
    {
        long now = Interlocked.Add(ref done, more);
        if (isWatched && Stopwatch.GetElapsedTime(Interlocked.Read(ref drawnAt)) > Pause)
        {
            lock (drawing)
            {
                Interlocked.Exchange(ref drawnAt, Stopwatch.GetTimestamp());
                Draw(Math.Min(now, total));
            }
        }
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (drawn > 0)
        {
            Console.Error.Write($"\r{new string(' ', drawn)}\r");
        }
    }

    private void Draw(long now)
    {
        double share = now / (double)total;
        int filled = (int)(share * Bar);
        TimeSpan passed = Stopwatch.GetElapsedTime(start);
        string left = share > 0.01 ? $", {(passed / share) - passed:hh\\:mm\\:ss} left" : "";
        string line = $"[{new string('#', filled)}{new string('.', Bar - filled)}] {share,4:P0}  {now:N0} of {total:N0} {unit}{left}";
        Console.Error.Write($"\r{line.PadRight(drawn)}");
        drawn = line.Length;
    }
}
