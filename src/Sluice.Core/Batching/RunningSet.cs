using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>The sequences that hold KV, in the order in which they were admitted.</summary>
public sealed class RunningSet
{
    private readonly List<Sequence> sequences = [];

    /// <summary>How many.</summary>
    public int Count => sequences.Count;

    /// <summary>One of them, the longest admitted first.</summary>
    public Sequence this[int index] => sequences[index];

    internal void Add(Sequence sequence)
    {
        sequence.State = SequenceState.Running;
        sequences.Add(sequence);
    }

    /// <summary>Takes one out; the last costs nothing, others shift those behind them.</summary>
    internal void Remove(Sequence sequence)
    {
        int at = sequences.Count - 1;
        while (sequences[at] != sequence)
        {
            at--;
        }

        sequences.RemoveAt(at);
    }
}
