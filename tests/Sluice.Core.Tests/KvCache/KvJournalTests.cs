using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.KvCache;

public sealed class KvJournalTests
{
    private const int Block = 4;
    private readonly KvJournal journal = new();

    [Fact]
    public void What_is_taken_shared_and_given_back_stands_in_order()
    {
        KvMemory memory = Memory(blocks: 8, host: 0);
        Sequence first = Sequences.Make(1, 10, new PromptBlocks(new ulong[] { 7, 8 }, Block));
        Sequence second = Sequences.Make(2, 10, new PromptBlocks(new ulong[] { 7, 9 }, Block));

        memory.TryExtend(first, 10, restore: 0);
        memory.TryExtend(second, 10, restore: 0);
        memory.End(second);

        Assert.Equal(
            [
                (KvMove.Take, 1L, 0), (KvMove.Take, 1L, 1), (KvMove.Take, 1L, 2),
                (KvMove.Share, 2L, 0), (KvMove.Take, 2L, 1), (KvMove.Take, 2L, 2),
                (KvMove.Release, 2L, 2), (KvMove.Release, 2L, 1), (KvMove.Release, 2L, 0),
            ],
            journal.Entries.ToArray().Select(entry => (entry.Move, entry.Sequence.Request.Id, entry.Index)));
        Assert.Equal([false, true, true], journal.Entries[6..].ToArray().Select(entry => entry.IsKept));
    }

    [Fact]
    public void A_copy_on_its_way_does_not_keep_a_block()
    {
        KvMemory memory = Memory(blocks: 8, prefixReuse: false);
        Sequence sequence = Sequences.Make(1, 9);
        memory.TryExtend(sequence, 8, restore: 0);
        sequence.DeviceTokens = 8;
        journal.Clear();

        memory.Preempt(sequence, offload: true);

        KvEntry[] entries = journal.Entries.ToArray();
        Assert.Equal([KvMove.Save, KvMove.Save, KvMove.Release, KvMove.Release], entries.Select(entry => entry.Move));
        Assert.All(entries, entry => Assert.False(entry.IsKept));
        memory.CompleteOffloads(2);
        memory.Audit([sequence]);
    }

    [Fact]
    public void A_forgotten_block_stays_with_its_holder_and_is_found_by_nobody()
    {
        KvMemory memory = Memory(blocks: 8);
        var names = new PromptBlocks(new ulong[] { 7, 8 }, Block);
        Sequence first = Sequences.Make(1, 10, names);
        memory.TryExtend(first, 10, restore: 0);

        memory.Forget(journal.Entries[0].Block);

        Assert.Equal(0, memory.Probe(Sequences.Make(2, 10, names)).DeviceTokens);
        Assert.Equal(3, first.DeviceBlocks);
        memory.Audit([first]);
    }

    [Fact]
    public void No_more_sequences_hold_blocks_than_may()
    {
        var memory = new KvMemory(new KvOptions { BlockSize = Block, DeviceBlocks = 100, Holders = 2 });
        Sequence[] sequences = [.. Enumerable.Range(1, 3).Select(id => Sequences.Make(id, 10))];

        Assert.True(memory.TryExtend(sequences[0], 4, restore: 0));
        Assert.True(memory.TryExtend(sequences[1], 4, restore: 0));
        Assert.False(memory.TryExtend(sequences[2], 4, restore: 0));
        Assert.True(memory.TryExtend(sequences[1], 10, restore: 0));
        memory.Preempt(sequences[0], offload: false);
        Assert.True(memory.TryExtend(sequences[2], 4, restore: 0));
        memory.End(sequences[1]);
        memory.End(sequences[2]);
        Assert.Equal(0, memory.Holders);
    }

    private KvMemory Memory(int blocks, bool prefixReuse = true, int host = 8) =>
        new(new KvOptions { BlockSize = Block, DeviceBlocks = blocks, HostBlocks = host, PrefixReuse = prefixReuse }) { Journal = journal };
}
