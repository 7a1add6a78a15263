namespace Sluice.Simulation.Bounds;

/// <summary>The least share of a step that a token of an answer has to pay for.</summary>
/// <remarks>
/// A step brings a sequence one token at most. So whatever set of sequences a step serves, its own time may be split among them
/// by any shares that add up to 1 at most over all that could be in it together; none of that is work twice. The more sequences
/// could share a step, the less each pays, and any such split is valid: the bound is the least over several.
/// </remarks>
internal sealed class StepShares
{
    private const int Rounds = 4;

    private readonly double[] shares;
    private readonly double perBlock;
    private readonly int blockSize;

    private StepShares(double[] shares, double perBlock, int blockSize)
    {
        this.shares = shares;
        this.perBlock = perBlock;
        this.blockSize = blockSize;
    }

    /// <summary>The share of a token of a request that needs this many tokens on the device which no other request can share.</summary>
    public double Of(int request, int tokens) =>
        shares[request] + (perBlock * ((tokens + blockSize - 1) / blockSize));

    /// <summary>By the KV each holds: that of a step's sequences fits on the device.</summary>
    /// <param name="requests">How many requests there are.</param>
    /// <param name="tokens">How many tokens the largest device holds.</param>
    /// <param name="blockSize">Tokens in a block of every device.</param>
    public static StepShares ByMemory(int requests, double tokens, int blockSize) =>
        new(new double[requests], blockSize / tokens, blockSize);

    /// <summary>
    /// By weight among those whose windows, from arrival to last deadline, hold the step. A share is as large as the fullest
    /// moment of the window allows; what other moments have left goes round again.
    /// </summary>
    public static StepShares ByWeight(IReadOnlyList<BoundRequest> requests, TimeGrid grid, IReadOnlyList<double> weights)
    {
        double[] shares = new double[requests.Count];
        double[] crowd = new double[grid.Count];
        Span(crowd, weights);
        for (int round = 0; round < Rounds; round++)
        {
            double[] taken = new double[grid.Count];
            Span(taken, shares);
            for (int i = 0; i < shares.Length; i++)
            {
                double more = weights[i] > 0 ? double.PositiveInfinity : 0;
                int until = grid.Until(requests[i].LastDue);
                for (int bucket = grid.From(requests[i].Arrival.Ticks); bucket <= until && more > 0; bucket++)
                {
                    more = Math.Min(more, Math.Max(1 - taken[bucket], 0) * weights[i] / crowd[bucket]);
                }

                shares[i] += more;
            }
        }

        // Sums round.
        return new StepShares([.. shares.Select(share => share * (1 - 1e-9))], 0, 1);

        void Span(double[] sums, IReadOnlyList<double> values)
        {
            for (int i = 0; i < requests.Count; i++)
            {
                int until = grid.Until(requests[i].LastDue);
                for (int bucket = grid.From(requests[i].Arrival.Ticks); bucket <= until; bucket++)
                {
                    sums[bucket] += values[i];
                }
            }
        }
    }
}
