using Sluice.Core.KvCache;
using Sluice.Core.Measures;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Bounds;

/// <summary>A limit to the gain of a trace on given instances that no policy can exceed, whatever it knows.</summary>
/// <remarks>
/// The optimum of a relaxation: the fleet is one server, work is divisible, every request may be served from its arrival to
/// each token's deadline, and every token costs what it does in the fullest of steps. Which relaxations are made, and why each
/// can only raise the gain: docs/bound.md. The optimum is found by the greedy of a polymatroid: pieces of requests by gain for their
/// work, each taken as far as it fits.
/// </remarks>
public static class GainBound
{
    private const int Buckets = 768;
    private const int RoughBuckets = 96;
    private const int PiecesPerRequest = 10;

    /// <summary>The bound of the gain of these options on this trace, whatever their policies.</summary>
    /// <exception cref="ArgumentException">An option cannot be, or a profile says too little of its steps.</exception>
    public static double Of(SimulationOptions options, IEnumerable<TraceRecord> trace, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(trace);
        IReadOnlyList<BoundRequest> requests = BoundRequest.Of(options.Checked(), trace);
        double attainable = requests.Sum(request => AnswerScore.Attainable(request.Class, request.AnswerTokens));
        IReadOnlyList<Server> servers = requests.Count == 0 ? [] : Servers(options, requests);
        if (servers.Count == 0)
        {
            return attainable;
        }

        TimeGrid rough = new(requests, RoughBuckets);
        TimeGrid fine = new(requests, Buckets);
        List<StepShares> splits = Splits(options, requests, fine);
        Bound best = new(servers[0], splits[0], double.PositiveInfinity);
        foreach (Server server in servers)
        {
            best = Less(best, Optimum(requests, server, splits[0], rough, cancel));
        }

        foreach (StepShares split in splits.Skip(1))
        {
            best = Less(best, Optimum(requests, best.Server, split, rough, cancel));
        }

        double bound = Less(best, Optimum(requests, best.Server, best.Shares, fine, cancel)).Gain;
        return Math.Min(bound * (1 + 1e-9), attainable);
    }

    /// <summary>The fleet as one server, in the costs of each of its profiles in turn.</summary>
    private static List<Server> Servers(SimulationOptions options, IReadOnlyList<BoundRequest> requests)
    {
        int longest = requests.Max(request => request.PromptTokens + request.AnswerTokens);
        HashSet<int> sizes = [.. options.Instances.Select(profile => options.KvOf(profile).BlockSize)];
        (Profile Profile, int Count)[] kinds = [.. options.Instances.GroupBy(profile => profile).Select(kind => (kind.Key, kind.Count()))];
        IReadOnlyList<LeastCost>[] costs = [.. kinds.Select(kind =>
            LeastCost.Of(kind.Profile, options.KvOf(kind.Profile), options.StepNoise))];
        List<Server> servers = [];
        foreach (LeastCost cost in costs.SelectMany(of => of))
        {
            double[] speeds = [.. costs.Select(of => of.Min(cost.SpeedOf))];
            double all = speeds.Zip(kinds, (speed, kind) => speed * kind.Count).Sum();
            if (double.IsFinite(all))
            {
                servers.Add(new Server(new WorkTable(cost, sizes, longest), all, speeds.Max()));
            }
        }

        return servers;
    }

    /// <summary>Ways to split the time that a step takes whatever it holds.</summary>
    private static List<StepShares> Splits(SimulationOptions options, IReadOnlyList<BoundRequest> requests, TimeGrid grid)
    {
        KvOptions[] memories = [.. options.Instances.Distinct().Select(options.KvOf)];
        int size = memories.All(kv => kv.BlockSize == memories[0].BlockSize) ? memories[0].BlockSize : 1;
        List<StepShares> splits =
        [
            StepShares.ByMemory(requests.Count, memories.Max(kv => (double)kv.DeviceBlocks * kv.BlockSize), size),
        ];

        // Steps are as frequent as the strictest promise needs; those of the patient ride along.
        foreach (TimeSpan promise in options.Classes.Select(share => share.Class.Slo.NextToken).Distinct())
        {
            splits.Add(StepShares.ByWeight(
                requests, grid, [.. requests.Select(request => request.Class.Slo.NextToken <= promise ? 1.0 : 0.0)]));
        }

        return splits;
    }

    private static Bound Less(Bound a, Bound b) => b.Gain < a.Gain ? b : a;

    /// <summary>The optimum of one relaxation.</summary>
    private static Bound Optimum(
        IReadOnlyList<BoundRequest> requests, Server server, StepShares shares, TimeGrid grid, CancellationToken cancel)
    {
        var pieces = new GainPieces(requests, server.Work, shares, server.Fastest);
        TimeSlack slack = new(grid, server.Speed);
        double[] gains = new double[grid.Count];
        double gain = 0;
        foreach (GainPiece piece in pieces.Cut((long)requests.Count * PiecesPerRequest))
        {
            cancel.ThrowIfCancellationRequested();
            BoundRequest request = requests[piece.Request];
            int first = grid.Until(request.Due(piece.From));
            int count = Spread(request, piece, grid, first, gains);
            gain += Take(slack, grid.From(request.Arrival.Ticks), first, gains.AsSpan(0, count), piece.WorkPerGain);
        }

        return new Bound(server, shares, gain);
    }

    /// <summary>The gain of a piece by the buckets its tokens are due in, from the first on; says how many those are.</summary>
    private static int Spread(BoundRequest request, GainPiece piece, TimeGrid grid, int first, double[] gains)
    {
        int count = 0;
        for (int token = piece.From; token < piece.To; count++)
        {
            int next = Math.Min(request.DueBy(grid.End(first + count)), piece.To);
            gains[count] = next > token ? request.Gain(token) + ((next - token - 1) * request.Gain(1)) : 0;
            token = Math.Max(next, token);
        }

        return count;
    }

    private static double Take(TimeSlack slack, int release, int first, Span<double> gains, double workPerGain)
    {
        double sum = 0;
        foreach (ref double gain in gains)
        {
            sum += gain;
            gain *= workPerGain;
        }

        return workPerGain > 0 ? slack.Take(release, first, gains) / workPerGain : sum;
    }

    /// <summary>The fleet as one server.</summary>
    /// <param name="Work">What its work costs.</param>
    /// <param name="Speed">How much of it the server does in a millisecond.</param>
    /// <param name="Fastest">How much of it one instance does at most.</param>
    private readonly record struct Server(WorkTable Work, double Speed, double Fastest);

    /// <summary>The optimum of one relaxation.</summary>
    private readonly record struct Bound(Server Server, StepShares Shares, double Gain);
}
