using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;

namespace Sluice.Serving.Tests.Engine;

/// <summary>Looks over a runner's shoulder: does what the journal says with made-up KV, and fails as soon as a slice would be computed on wrong KV.</summary>
/// <remarks>The KV of a token is a hash of all tokens up to it, so that a hole, a stale block or somebody else's block is found.</remarks>
internal sealed class WitnessRunner(IModelRunner inner) : IModelRunner
{
    private readonly int blockSize = inner.Facts.Kv.BlockSize;
    private readonly ulong[][] device = Memory(inner.Facts.Kv.DeviceBlocks, inner.Facts.Kv.BlockSize);
    private readonly ulong[][] host = Memory(inner.Facts.Kv.HostBlocks, inner.Facts.Kv.BlockSize);
    private readonly int[] holders = new int[inner.Facts.Kv.DeviceBlocks];
    private readonly Dictionary<Sequence, List<int>> tables = [];
    private readonly Dictionary<Sequence, List<ulong>> hashes = [];

    public ModelFacts Facts => inner.Facts;

    /// <summary>Fails the steps for which it is true.</summary>
    public Func<int, bool> Fails { get; set; } = _ => false;

    public int Steps { get; private set; }

    /// <summary>Sequences for which something is kept.</summary>
    public int Kept => tables.Count + hashes.Count;

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => inner.Tokenize(text, addSpecial, parseSpecial);

    public ReadOnlySpan<byte> Piece(int token) => inner.Piece(token);

    public bool IsEnd(int token) => inner.IsEnd(token);

    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages) => inner.ApplyTemplate(messages);

    public void Run(Step step)
    {
        Steps++;
        foreach (ref readonly KvEntry entry in step.Journal.Entries)
        {
            Do(entry);
        }

        if (Fails(Steps))
        {
            throw new ModelFailedException("The library failed.");
        }

        foreach (ref readonly Slice slice in step.Batch.Slices)
        {
            for (int at = slice.Start; at < slice.End; at++)
            {
                device[tables[slice.Sequence][at / blockSize]][at % blockSize] = Expected(slice.Sequence, at);
            }
        }

        foreach (ref readonly Slice slice in step.Batch.Slices)
        {
            for (int at = 0; at < slice.End; at++)
            {
                Require(
                    device[tables[slice.Sequence][at / blockSize]][at % blockSize] == Expected(slice.Sequence, at),
                    slice.Sequence, $"computes tokens {slice.Start} to {slice.End} on wrong KV of token {at}");
            }
        }

        inner.Run(step);
    }

    public void Release(Choice choice)
    {
        tables.Remove(choice.Sequence);
        hashes.Remove(choice.Sequence);
        inner.Release(choice);
    }

    public void Dispose() => inner.Dispose();

    private static ulong[][] Memory(int blocks, int blockSize) => [.. Enumerable.Range(0, blocks).Select(_ => new ulong[blockSize])];

    private void Do(in KvEntry entry)
    {
        Sequence sequence = entry.Sequence;
        switch (entry.Move)
        {
            case KvMove.Take:
                Require(holders[entry.Block] == 0, sequence, $"takes block {entry.Block} from somebody");
                Array.Clear(device[entry.Block]);
                Hold(entry);
                break;
            case KvMove.Share:
                Hold(entry);
                break;
            case KvMove.Release:
                Require(TableOf(sequence)[^1] == entry.Block, sequence, $"releases block {entry.Block} out of turn");
                tables[sequence].RemoveAt(entry.Index);
                holders[entry.Block]--;
                break;
            case KvMove.Save:
                RequireContent(entry, "saves wrong KV");
                device[entry.Block].CopyTo(host[entry.HostBlock], 0);
                break;
            case KvMove.Restore:
                Require(TableOf(sequence)[entry.Index] == entry.Block, sequence, $"restores into block {entry.Block}, which it has not");
                host[entry.HostBlock].CopyTo(device[entry.Block], 0);
                RequireContent(entry, "restores wrong KV");
                break;
        }
    }

    private void Hold(in KvEntry entry)
    {
        List<int> table = TableOf(entry.Sequence);
        Require(table.Count == entry.Index, entry.Sequence, $"gets block {entry.Index} after {table.Count}");
        table.Add(entry.Block);
        holders[entry.Block]++;
    }

    /// <summary>A copied block is whole, but for the last token a sequence knows, whose KV nobody needs.</summary>
    private void RequireContent(in KvEntry entry, string otherwise)
    {
        int first = entry.Index * blockSize;
        for (int at = first; at < Math.Min(first + blockSize, entry.Sequence.Tokens - 1); at++)
        {
            Require(device[entry.Block][at - first] == Expected(entry.Sequence, at), entry.Sequence, $"{otherwise} of token {at}");
        }
    }

    private List<int> TableOf(Sequence sequence)
    {
        if (!tables.TryGetValue(sequence, out List<int>? table))
        {
            tables.Add(sequence, table = []);
        }

        return table;
    }

    private ulong Expected(Sequence sequence, int position)
    {
        if (!hashes.TryGetValue(sequence, out List<ulong>? known))
        {
            hashes.Add(sequence, known = []);
        }

        Choice choice = LiveRequest.ChoiceOf(sequence);
        while (known.Count <= position)
        {
            ulong before = known.Count == 0 ? 0xCBF29CE484222325UL : known[^1];
            known.Add(((before ^ (uint)choice.TokenAt(known.Count)) * 0x9E3779B97F4A7C15UL) + 1);
        }

        return known[position];
    }

    private static void Require(bool holds, Sequence sequence, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Request {sequence.Request.Id} {otherwise}.");
        }
    }
}
