using Sluice.Core.KvCache;

namespace Sluice.Core.Tests.KvCache;

public sealed class BlockPoolTests
{
    [Fact]
    public void Blocks_that_were_let_go_first_are_taken_first()
    {
        var pool = new BlockPool(3);
        int[] blocks = [TakeNamed(pool, 1), TakeNamed(pool, 2), TakeNamed(pool, 3)];
        pool.Release(blocks[1]);
        pool.Release(blocks[2]);
        pool.Release(blocks[0]);

        Assert.Equal([blocks[1], blocks[2], blocks[0]], [pool.Take(), pool.Take(), pool.Take()]);
    }

    [Fact]
    public void Nameless_blocks_are_taken_before_named_ones()
    {
        var pool = new BlockPool(2);
        int named = TakeNamed(pool, 1);
        int nameless = pool.Take();
        pool.Release(named);
        pool.Release(nameless);

        Assert.Equal([nameless, named], [pool.Take(), pool.Take()]);
    }

    [Fact]
    public void A_free_block_is_found_by_name_until_it_is_taken()
    {
        var pool = new BlockPool(1);
        int block = TakeNamed(pool, 7);
        pool.Release(block);
        Assert.True(pool.TryFind(7, out int found));
        Assert.Equal(block, found);

        pool.Take();
        Assert.False(pool.TryFind(7, out _));
    }

    [Fact]
    public void A_block_found_again_is_no_longer_the_next_to_go()
    {
        var pool = new BlockPool(2);
        int first = TakeNamed(pool, 1);
        int second = TakeNamed(pool, 2);
        pool.Release(first);
        pool.Release(second);
        pool.Hold(first);
        pool.Release(first);

        Assert.Equal(second, pool.Take());
    }

    [Fact]
    public void A_name_stays_with_the_block_that_bore_it_first()
    {
        var pool = new BlockPool(2);
        int first = TakeNamed(pool, 1);
        int second = TakeNamed(pool, 1);

        Assert.True(pool.TryFind(1, out int found));
        Assert.Equal(first, found);
        Assert.False(pool.TryGetName(second, out _));
    }

    [Fact]
    public void Taking_from_an_empty_pool_and_releasing_too_often_are_mistakes()
    {
        var pool = new BlockPool(1);
        int block = pool.Take();
        Assert.Throws<InvalidOperationException>(() => pool.Take());

        pool.Release(block);
        Assert.Throws<InvalidOperationException>(() => pool.Release(block));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Over_random_use_it_does_what_a_plain_list_does(int seed)
    {
        var random = new Random(seed);
        var pool = new BlockPool(12);
        var plain = new PlainPool(12);
        for (int step = 0; step < 5000; step++)
        {
            int block = random.Next(12);
            ulong name = (ulong)random.Next(20);
            switch (random.Next(5))
            {
                case 0 when plain.Order.Count > 0:
                    Assert.Equal(plain.Take(), pool.Take());
                    break;
                case 1:
                    pool.Hold(block);
                    plain.Hold(block);
                    break;
                case 2 when plain.References[block] > 0:
                    pool.Release(block);
                    plain.Release(block);
                    break;
                case 3 when plain.References[block] > 0:
                    pool.Name(block, name);
                    plain.Name(block, name);
                    break;
                case 4 when plain.References[block] > 0:
                    pool.Forget(block);
                    plain.Names[block] = null;
                    break;
            }

            Assert.Equal(plain.Order.Count, pool.Free);
            Assert.Equal(plain.References[block], pool.References(block));
            Assert.Equal(Array.IndexOf(plain.Names, name), pool.TryFind(name, out int found) ? found : -1);
        }
    }

    private static int TakeNamed(BlockPool pool, ulong name)
    {
        int block = pool.Take();
        pool.Name(block, name);
        return block;
    }

    /// <summary>Free blocks in the order in which they go, in a list.</summary>
    private sealed class PlainPool(int size)
    {
        public List<int> Order { get; } = [.. Enumerable.Range(0, size)];

        public int[] References { get; } = new int[size];

        public ulong?[] Names { get; } = new ulong?[size];

        public int Take()
        {
            int block = Order[0];
            Order.RemoveAt(0);
            Names[block] = null;
            References[block] = 1;
            return block;
        }

        public void Hold(int block)
        {
            Order.Remove(block);
            References[block]++;
        }

        public void Release(int block)
        {
            if (--References[block] == 0)
            {
                Order.Insert(Names[block] is null ? 0 : Order.Count, block);
            }
        }

        public void Name(int block, ulong name)
        {
            if (Names[block] is null && !Names.Contains(name))
            {
                Names[block] = name;
            }
        }
    }
}
