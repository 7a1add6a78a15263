using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Core.Tests.KvCache;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>The structures behind the waiting queues, each against a plain list.</summary>
public sealed class QueueStructureTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_heap_gives_least_keys_first_and_equal_keys_by_their_tie_breaker(int seed)
    {
        var random = new Random(seed);
        var heap = new KeyedHeap();
        List<(double Key, long Tie, int Slot)> plain = [];
        for (int step = 0; step < 2000; step++)
        {
            int slot = random.Next(150);
            if (random.Next(2) == 0 && !heap.Contains(slot))
            {
                double key = random.Next(20) - (random.Next(10) == 0 ? double.PositiveInfinity : 10);
                heap.Add(slot, key, step);
                plain.Add((key, step, slot));
            }
            else if (random.Next(2) == 0)
            {
                Assert.Equal(plain.RemoveAll(entry => entry.Slot == slot) == 1, heap.Remove(slot));
            }
            else if (plain.Count > 0)
            {
                Assert.Equal((plain.Min().Key, plain.Min().Tie), (heap.TopKey, heap.TopTie));
                int top = heap.Pop();
                Assert.Equal(plain.Min().Slot, top);
                plain.RemoveAll(entry => entry.Slot == top);
            }

            Assert.Equal(plain.Count, heap.Count);
            Assert.Equal(plain.Any(entry => entry.Slot == slot), heap.Contains(slot));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_line_keeps_its_order_through_insertions_at_both_ends_and_removals_anywhere(int seed)
    {
        var random = new Random(seed);
        var line = new LinkedQueue();
        List<Sequence> plain = [];
        for (int step = 0; step < 1000; step++)
        {
            Sequence sequence = Sequences.Make(step, prompt: 1);
            switch (random.Next(5))
            {
                case 0:
                    line.AddFirst(sequence);
                    plain.Insert(0, sequence);
                    break;
                case 1 or 2:
                    line.AddLast(sequence);
                    plain.Add(sequence);
                    break;
                case 3 when plain.Count > 0:
                    Sequence leaving = plain[random.Next(plain.Count)];
                    line.Remove(leaving);
                    plain.Remove(leaving);
                    Assert.Equal(-1, leaving.Slot);
                    break;
                case 4 when plain.Count > 0:
                    line.RemoveFirst();
                    plain.RemoveAt(0);
                    break;
            }

            Assert.Equal(plain.Count, line.Count);
            Assert.Same(plain.FirstOrDefault(), line.First);
        }

        foreach (Sequence sequence in plain)
        {
            Assert.Same(sequence, line.First);
            line.RemoveFirst();
        }

        Assert.Null(line.First);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Slots_are_given_to_one_sequence_at_a_time_and_used_again(int seed)
    {
        var random = new Random(seed);
        var slots = new Slots();
        List<Sequence> plain = [];
        int most = 0;
        for (int step = 0; step < 1000; step++)
        {
            if (random.Next(2) == 0)
            {
                Sequence sequence = Sequences.Make(step, prompt: 1);
                Assert.Equal(slots.Take(sequence), sequence.Slot);
                plain.Add(sequence);
            }
            else if (plain.Count > 0)
            {
                Sequence leaving = plain[random.Next(plain.Count)];
                int slot = leaving.Slot;
                slots.Give(leaving);
                plain.Remove(leaving);
                Assert.False(slots.IsUsed(slot));
            }

            most = Math.Max(most, plain.Count);
            Assert.Equal((plain.Count, most), (slots.Count, slots.Bound));
            Assert.All(plain, sequence => Assert.Same(sequence, slots[sequence.Slot]));
        }
    }
}
