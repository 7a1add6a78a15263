using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Workloads;

/// <summary>A made-up workload: lengths and arrivals drawn from stated distributions.</summary>
/// <remarks>
/// <para>Prompts, answers, arrivals, clients and prefixes each draw from their own stream, so that changing one leaves
/// the others as they were. Lengths are rounded and kept within 1 … 131072, which shortens the tail of very wide
/// log-normals a little.</para>
/// <para>Lengths of prompt and answer are independent of each other and of the arrivals; real traffic is not so tame.</para>
/// </remarks>
public sealed class SyntheticWorkload
{
    /// <summary>Most tokens a drawn prompt or answer has.</summary>
    public const int MostTokens = 131_072;

    private readonly WorkloadSpec spec;

    private SyntheticWorkload(WorkloadSpec spec) => this.spec = spec;

    /// <summary>What is drawn.</summary>
    public WorkloadSpec Spec => spec;

    /// <summary>Reads <c>default</c> or <c>requests=10000,prompt=1000,…</c>; what is not named keeps its default.</summary>
    public static SyntheticWorkload Parse(string text) => new(WorkloadSpec.Parse(text));

    /// <summary>The records in order of arrival, the first at 0. The same seed gives the same records.</summary>
    public IEnumerable<TraceRecord> Read(int seed)
    {
        var streams = new RandomStreams(seed);
        RandomStream arrivals = streams.Stream("arrivals");
        RandomStream prompts = streams.Stream("prompts");
        RandomStream answers = streams.Stream("answers");
        RandomStream clients = streams.Stream("clients");
        RandomStream choices = streams.Stream("prefixes");
        PromptBlocks[] prefixes = Prefixes();
        long ticks = 0;
        for (long i = 0; i < spec.Requests; i++)
        {
            int prompt = Length(prompts, spec.PromptMean, spec.PromptCv);
            int answer = Length(answers, spec.AnswerMean, spec.AnswerCv);
            int client = spec.Clients == 1 ? 0 : clients.Next(spec.Clients);
            PromptBlocks blocks = prefixes.Length == 0 ? PromptBlocks.Unknown : prefixes[choices.Next(prefixes.Length)];
            yield return new TraceRecord(
                new Instant(ticks), Math.Max(prompt, spec.SharedPrefix + 1), answer, client, blocks);
            ticks += Gap(arrivals);
        }
    }

    private int Length(RandomStream stream, double mean, double cv)
    {
        double drawn = spec.Lengths switch
        {
            LengthShape.Constant => mean,
            LengthShape.Exponential => stream.NextExponential(mean),
            _ => stream.NextLogNormal(mean, cv),
        };
        return (int)Math.Clamp(Math.Round(drawn), 1, MostTokens);
    }

    private long Gap(RandomStream stream)
    {
        double mean = TimeSpan.TicksPerSecond / spec.Rate;
        double drawn = spec.Arrivals switch
        {
            ArrivalShape.Constant => mean,
            ArrivalShape.Gamma => stream.NextGamma(mean, spec.ArrivalCv),
            _ => stream.NextExponential(mean),
        };
        return (long)Math.Round(drawn);
    }

    /// <summary>One block name as long as the prefix, for each prefix; none when nothing is shared.</summary>
    private PromptBlocks[] Prefixes() =>
        spec.SharedPrefix == 0
            ? []
            : [.. Enumerable.Range(0, spec.Prefixes)
                .Select(k => new PromptBlocks(new[] { (ulong)k }, spec.SharedPrefix))];
}
