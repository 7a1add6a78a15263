using System.IO.Compression;
using System.Text;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

/// <summary>A trace file of a test, gone with it.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sluice-trace-").FullName;

    public TraceFile(string text, string name = "trace.csv")
        : this(Encoding.UTF8.GetBytes(text), name)
    {
    }

    public TraceFile(byte[] bytes, string name = "trace.csv")
    {
        Path = System.IO.Path.Combine(folder, name);
        File.WriteAllBytes(Path, bytes);
    }

    public string Path { get; }

    public static byte[] Packed(string text)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    public static List<TraceRecord> Records(string text, string? format = null, string name = "trace.csv")
    {
        using TraceFile file = new(text, name);
        return [.. TraceReader.Open(file.Path, format).Read()];
    }

    public static TraceFormatException Refused(string text, string? format = null)
    {
        using TraceFile file = new(text);
        return Assert.Throws<TraceFormatException>(() => TraceReader.Open(file.Path, format).Read().Count());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
