using System.Text;

namespace Sluice.Simulation.Traces;

/// <summary>Which run of a file of several measured ones is replayed: by hardware, or by hardware and model.</summary>
/// <param name="wanted">What stands behind the # of the path; null takes the file's only run.</param>
internal sealed class RunChoice(string? wanted)
{
    private readonly SortedSet<string> seen = new(StringComparer.Ordinal);
    private byte[] lastHardware = [];
    private byte[] lastModel = [];
    private bool lastTaken;
    private string? taken;

    /// <summary>Whether a line of this run is replayed; an error when the choice fits a second run, too.</summary>
    public bool Takes(ReadOnlySpan<byte> hardware, ReadOnlySpan<byte> model, string file, long line)
    {
        if (seen.Count > 0 && hardware.SequenceEqual(lastHardware) && model.SequenceEqual(lastModel))
        {
            return lastTaken;
        }

        lastHardware = hardware.ToArray();
        lastModel = model.ToArray();
        string machine = Encoding.UTF8.GetString(hardware);
        string run = $"{machine}/{Encoding.UTF8.GetString(model)}";
        seen.Add(run);
        lastTaken = wanted is null
            || wanted.Equals(machine, StringComparison.OrdinalIgnoreCase)
            || wanted.Equals(run, StringComparison.OrdinalIgnoreCase);
        if (lastTaken && taken is not null && taken != run)
        {
            throw new TraceFormatException(
                file, line, $"only the run `{taken}`", run, $"Choose one of the runs: {Ways(file)}.");
        }

        taken = lastTaken ? run : taken;
        return lastTaken;
    }

    /// <summary>The error when no line was of the wanted run; null when none was wanted or there.</summary>
    public TraceFormatException? Missing(string file) =>
        wanted is null || seen.Count == 0
            ? null
            : new TraceFormatException(
                file, null, $"a run called `{wanted}`", string.Join(", ", seen), $"Choose one of: {Ways(file)}.");

    private string Ways(string file) => string.Join(", ", seen.Select(run => $"`{file}#{run}`"));
}
