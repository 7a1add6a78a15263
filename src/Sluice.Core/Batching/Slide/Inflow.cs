using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>The work of prompts that is yet to arrive and will be due before what waits now.</summary>
/// <remarks>
/// Of every TTFT that was promised it keeps the milliseconds of planned prefill computed in a millisecond of late. Who is due in h will be
/// overtaken by those with a TTFT of t &lt; h that arrive within h − t.
/// </remarks>
internal sealed class Inflow
{
    private const double MemoryMs = 10_000;

    private readonly List<Stream> streams = [];

    /// <summary>A planned prefill was given computing, ms.</summary>
    public void Served(Sequence sequence, double cost)
    {
        double ttft = sequence.Request.Class.Slo.FirstToken.TotalMilliseconds;
        int at = 0;
        while (at < streams.Count && streams[at].Ttft != ttft)
        {
            at++;
        }

        if (at == streams.Count)
        {
            streams.Add(new Stream(ttft, 0));
        }

        streams[at] = streams[at] with { Rate = streams[at].Rate + (cost / MemoryMs) };
    }

    /// <summary>Time passes, ms: the rates fall by a factor e in ten seconds.</summary>
    public void Age(double passed)
    {
        double kept = PortableMath.Exp(-passed / MemoryMs);
        for (int at = 0; at < streams.Count; at++)
        {
            streams[at] = streams[at] with { Rate = streams[at].Rate * kept };
        }
    }

    /// <summary>Work, ms, expected to overtake whoever is due in this many ms.</summary>
    public double Before(double left)
    {
        double work = 0;
        foreach (ref readonly Stream stream in CollectionsMarshal.AsSpan(streams))
        {
            work += stream.Rate * Math.Max(left - stream.Ttft, 0);
        }

        return work;
    }

    private readonly record struct Stream(double Ttft, double Rate);
}
