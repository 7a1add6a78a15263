using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using static Sluice.Core.Tests.KvCache.Sequences;

namespace Sluice.Core.Tests.KvCache;

public sealed class KvMemoryTests
{
    [Fact]
    public void A_prompt_seen_before_shares_all_its_blocks_but_the_last()
    {
        KvMemory memory = Memory(device: 10);
        Sequence first = Make(1, prompt: 12, Names(1, 2, 3));
        Sequence second = Make(2, prompt: 12, Names(1, 2, 3));
        Assert.True(memory.Compute(first));

        Assert.Equal(8, memory.Probe(second).DeviceTokens);
        Assert.True(memory.Compute(second));
        Assert.Equal((8, 6), (memory.ReusedTokens, memory.FreeBlocks));
        memory.Audit([first, second]);
    }

    [Fact]
    public void Prompts_share_only_up_to_where_they_part()
    {
        KvMemory memory = Memory(device: 10);
        Assert.True(memory.Compute(Make(1, prompt: 16, Names(1, 2, 3, 4))));

        Assert.Equal(4, memory.Probe(Make(2, prompt: 16, Names(1, 8, 3, 4))).DeviceTokens);
        Assert.Equal(0, memory.Probe(Make(3, prompt: 16)).DeviceTokens);
    }

    [Fact]
    public void Shared_blocks_come_free_with_their_last_user_and_can_still_be_found()
    {
        KvMemory memory = Memory(device: 10);
        Sequence first = Make(1, prompt: 12, Names(1, 2, 3));
        Sequence second = Make(2, prompt: 12, Names(1, 2, 3));
        Assert.True(memory.Compute(first) && memory.Compute(second));

        memory.End(first);
        Assert.Equal(7, memory.FreeBlocks);
        memory.End(second);
        Assert.Equal(10, memory.FreeBlocks);
        Assert.Equal(8, memory.Probe(Make(3, prompt: 12, Names(1, 2, 3))).DeviceTokens);
    }

    [Fact]
    public void The_end_of_a_forgotten_prompt_is_overwritten_before_its_beginning()
    {
        KvMemory memory = Memory(device: 4);
        Sequence gone = Make(1, prompt: 16, Names(1, 2, 3, 4));
        Assert.True(memory.Compute(gone));
        memory.End(gone);
        Assert.True(memory.Compute(Make(2, prompt: 8)));

        Assert.Equal(8, memory.Probe(Make(3, prompt: 16, Names(1, 2, 3, 4))).DeviceTokens);
    }

    [Fact]
    public void Without_prefix_reuse_nothing_is_shared()
    {
        KvMemory memory = Memory(device: 10, prefixReuse: false);
        Assert.True(memory.Compute(Make(1, prompt: 12, Names(1, 2, 3))));

        Assert.Equal(0, memory.Probe(Make(2, prompt: 12, Names(1, 2, 3))).DeviceTokens);
    }

    [Fact]
    public void What_does_not_fit_leaves_everything_as_it_was()
    {
        KvMemory memory = Memory(device: 4);
        Sequence held = Make(1, prompt: 8, Names(1, 2));
        Assert.True(memory.Compute(held));
        Sequence large = Make(2, prompt: 20, Names(1, 2, 3, 4, 5));

        Assert.False(memory.Compute(large));
        Assert.Equal((2, 0, 0), (memory.FreeBlocks, large.DeviceTokens, large.DeviceBlocks));
        memory.Audit([held]);
    }

    [Fact]
    public void Free_blocks_of_the_prompt_itself_do_not_count_as_room_for_the_rest()
    {
        KvMemory memory = Memory(device: 3);
        Sequence gone = Make(1, prompt: 8, Names(1, 2));
        Assert.True(memory.Compute(gone));
        memory.End(gone);

        Assert.False(memory.Compute(Make(2, prompt: 16, Names(1, 2, 3, 4))));
        Assert.True(memory.Compute(Make(3, prompt: 12, Names(1, 2, 3))));
    }

    [Fact]
    public void A_preemption_with_a_complete_copy_is_free()
    {
        KvMemory memory = Memory(device: 10, host: 10);
        Sequence sequence = Make(1, prompt: 12);
        Assert.True(memory.Compute(sequence));
        Assert.Equal(3, memory.Offload(sequence, most: 100));
        memory.CompleteOffloads(3);

        memory.Preempt(sequence, offload: true);
        Assert.Equal((10, 0), (memory.FreeBlocks, memory.PendingOffloads));
        Assert.Equal(new Reach(12, 12, 4), memory.Probe(sequence));
        TakeEverything(memory);
        Assert.Equal(new Reach(0, 12, 4), memory.Probe(sequence));
        Assert.True(memory.Compute(sequence));
        Assert.Equal((13, 3), (sequence.DeviceTokens, memory.RestoredBlocks));
        memory.Audit([sequence]);
    }

    [Fact]
    public void A_preempted_sequence_finds_its_own_blocks_until_somebody_takes_them()
    {
        KvMemory memory = Memory(device: 10, host: 0);
        Sequence sequence = Make(1, prompt: 13);
        Assert.True(memory.Compute(sequence));

        memory.Preempt(sequence, offload: false);
        Assert.Equal(12, memory.Probe(sequence).DeviceTokens);
        Assert.Equal(0, memory.Probe(Make(2, prompt: 13)).DeviceTokens);
        TakeEverything(memory);
        Assert.Equal(0, memory.Probe(sequence).DeviceTokens);
    }

    [Fact]
    public void Without_a_copy_the_blocks_come_free_when_the_copy_is_done()
    {
        KvMemory memory = Memory(device: 10, host: 10);
        Sequence sequence = Make(1, prompt: 13);
        Assert.True(memory.Compute(sequence));

        memory.Preempt(sequence, offload: true);
        Assert.Equal((7, 3, 0), (memory.FreeBlocks, memory.PendingOffloads, memory.Probe(sequence).HostTokens));
        memory.CompleteOffloads(2);
        Assert.Equal((9, 8), (memory.FreeBlocks, memory.Probe(sequence).HostTokens));
        memory.CompleteOffloads(1);
        Assert.Equal((10, 12), (memory.FreeBlocks, memory.Probe(sequence).HostTokens));
    }

    [Fact]
    public void A_sequence_runs_on_while_its_oldest_blocks_are_copied()
    {
        KvMemory memory = Memory(device: 10, host: 2);
        Sequence sequence = Make(1, prompt: 13);
        Assert.True(memory.Compute(sequence));

        Assert.Equal(1, memory.Offload(sequence, most: 1));
        Assert.Equal(1, memory.Offload(sequence, most: 5));
        Assert.Equal((13, 2, 0), (sequence.DeviceTokens, sequence.OrderedHostBlocks, sequence.HostBlocks));
        memory.CompleteOffloads(2);
        Assert.Equal(2, sequence.HostBlocks);
    }

    [Fact]
    public void Partial_eviction_keeps_the_beginning()
    {
        KvMemory memory = Memory(device: 10, host: 10);
        Sequence sequence = Make(1, prompt: 14);
        Assert.True(memory.Compute(sequence));

        memory.EvictTail(sequence, blocks: 2, offload: true);
        memory.CompleteOffloads(memory.PendingOffloads);
        Assert.Equal((8, 2, Stage.ChunkedPrefill), (sequence.DeviceTokens, sequence.DeviceBlocks, sequence.Stage));
        Assert.Equal(new Reach(8, 12, 4), memory.Probe(sequence));
        Assert.True(memory.Compute(sequence));
        Assert.Equal(1, memory.RestoredBlocks);
        memory.Audit([sequence]);
    }

    [Fact]
    public void A_sequence_that_ends_during_its_copy_leaves_its_prompt_to_the_host()
    {
        KvMemory memory = Memory(device: 10, host: 10);
        Sequence sequence = Make(1, prompt: 12, Names(1, 2, 3));
        Assert.True(memory.Compute(sequence));
        memory.Offload(sequence, most: 100);

        memory.End(sequence);
        memory.Audit([]);
        memory.CompleteOffloads(memory.PendingOffloads);
        Assert.Equal((10, 10, 0), (memory.FreeBlocks, memory.FreeHostBlocks, sequence.HostBlocks));
        Assert.Equal(8, memory.Probe(Make(2, prompt: 12, Names(1, 2, 3))).HostTokens);
        memory.Audit([]);
    }

    [Fact]
    public void A_sequence_whose_copies_are_on_the_way_does_not_count_on_the_copies_of_another()
    {
        KvMemory memory = Memory(device: 10, host: 10);
        Sequence before = Make(1, prompt: 12, Names(1, 2, 3));
        Assert.True(memory.Compute(before));
        memory.End(before);
        memory.CompleteOffloads(memory.PendingOffloads);
        Sequence sequence = Make(2, prompt: 12, Names(1, 2, 3));
        Assert.True(memory.Compute(sequence));
        memory.Preempt(sequence, offload: true);
        Assert.True(memory.Compute(Make(3, prompt: 20)));

        Assert.Equal(0, memory.Probe(sequence).HostTokens);
        Assert.True(memory.Compute(sequence));
    }

    [Fact]
    public void Names_of_blocks_that_will_not_be_computed_are_taken_back()
    {
        KvMemory memory = Memory(device: 10);
        Sequence sequence = Make(1, prompt: 16, Names(1, 2, 3, 4));
        Assert.True(memory.TryExtend(sequence, end: 8, restore: 0));
        sequence.DeviceTokens = 8;
        Assert.True(memory.TryExtend(sequence, end: 16, restore: 0));

        memory.Unpublish(sequence, start: 8);
        memory.Preempt(sequence, offload: false);
        Assert.Equal(8, memory.Probe(Make(2, prompt: 16, Names(1, 2, 3, 4))).DeviceTokens);
    }

    [Fact]
    public void Landed_tokens_need_no_computing()
    {
        KvMemory memory = Memory(device: 4);
        Sequence sequence = Make(1, prompt: 12);
        sequence.Grow(1);

        Assert.True(memory.TryLand(sequence, tokens: 12));
        Assert.Equal((1, Stage.Decode, 12), (sequence.Missing, sequence.Stage, sequence.HighWater));
        Assert.False(memory.TryLand(Make(2, prompt: 8), tokens: 8));
    }

    [Fact]
    public void A_lost_block_is_found_by_the_audit()
    {
        KvMemory memory = Memory(device: 4);
        Sequence sequence = Make(1, prompt: 4);
        Assert.True(memory.Compute(sequence));

        var error = Assert.Throws<InvalidOperationException>(() => memory.Audit([]));
        Assert.Contains("Blocks are not conserved", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Somebody uses every free block, so that nothing can be found in them.</summary>
    private static void TakeEverything(KvMemory memory)
    {
        Sequence other = Make(99, prompt: memory.FreeBlocks * memory.BlockSize);
        Assert.True(memory.Compute(other));
        memory.End(other);
    }
}
