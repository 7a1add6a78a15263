using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Engine.Measuring;

/// <summary>No policy at all: a step holds what it was told to hold.</summary>
internal sealed class GivenSteps : IBatchPolicy
{
    private readonly List<(Sequence Sequence, int Tokens)> wanted = [];

    /// <inheritdoc/>
    public int Waiting => 0;

    /// <summary>The next step is to hold this, as far as its limits allow.</summary>
    public void Want(Sequence sequence, int tokens) => wanted.Add((sequence, tokens));

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach ((Sequence sequence, int tokens) in wanted)
        {
            int most = Math.Min(Math.Min(tokens, sequence.Missing), batch.Limits.Tokens - batch.Tokens);
            if (most > 0)
            {
                batch.TryAdd(sequence, sequence.DeviceTokens + most);
            }
        }

        wanted.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds) => false;
}
