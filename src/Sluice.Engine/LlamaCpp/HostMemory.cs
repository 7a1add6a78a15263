using System.Globalization;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How much memory this machine has left.</summary>
internal static class HostMemory
{
    /// <summary>Bytes that can be had without swapping: what Linux says, within the limit of a container; elsewhere the runtime's estimate.</summary>
    public static long Available()
    {
        GCMemoryInfo runtime = GC.GetGCMemoryInfo();
        long limit = runtime.TotalAvailableMemoryBytes;
        return FromMemInfo() is { } free ? Math.Min(free, limit) : limit - runtime.MemoryLoadBytes;
    }

    private static long? FromMemInfo()
    {
        const string Table = "/proc/meminfo";
        string? line = File.Exists(Table)
            ? File.ReadLines(Table).FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal))
            : null;
        string? kibibytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count * 1024 : null;
    }
}
