using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.KvCache;

public sealed class KvMemoryContentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void Every_sequence_finds_its_own_content_whatever_was_shared_copied_and_restored(int hundred)
    {
        int restored = 0;
        for (int seed = hundred * 100; seed < (hundred + 1) * 100; seed++)
        {
            restored += new ShadowedMemory(seed).Run(steps: 200);
        }

        Assert.True(restored > 200, $"only {restored} blocks were restored");
    }

    /// <summary>A memory beside which is written down what each of its blocks really holds.</summary>
    private sealed class ShadowedMemory
    {
        private const ulong Garbage = 0;
        private readonly Random random;
        private readonly int seed;
        private readonly KvMemory memory;
        private readonly ulong[] onDevice;
        private readonly ulong[] onHost;
        private readonly List<Sequence> live = [];
        private long lastId;

        public ShadowedMemory(int seed)
        {
            this.seed = seed;
            random = new Random(seed);
            memory = new KvMemory(new KvOptions
            {
                BlockSize = random.Next(1, 9),
                DeviceBlocks = random.Next(8, 60),
                HostBlocks = random.Next(4) == 0 ? 0 : random.Next(1, 80),
                PrefixReuse = random.Next(4) > 0,
            });
            onDevice = new ulong[memory.DeviceBlocks];
            onHost = new ulong[memory.HostBlocks];
        }

        public int Run(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                string did = Act();
                memory.Audit(live);
                foreach (Sequence sequence in live)
                {
                    Check(sequence, $"seed {seed}, step {step}, {did}, request {sequence.Request.Id}");
                }
            }

            return (int)memory.RestoredBlocks;
        }

        private string Act()
        {
            if (live.Count == 0 || random.Next(6) == 0)
            {
                live.Add(Arrive());
                return "arrive";
            }

            Sequence sequence = live[random.Next(live.Count)];
            bool offload = random.Next(2) == 0;
            switch (random.Next(8))
            {
                case 0 when sequence.DeviceBlocks > 0:
                    memory.Preempt(sequence, offload);
                    return "preempt";
                case 1 when sequence.DeviceBlocks > 1:
                    memory.EvictTail(sequence, random.Next(1, sequence.DeviceBlocks), offload);
                    return "evict";
                case 2:
                    memory.Offload(sequence, random.Next(1, 6));
                    return "offload";
                case 3:
                    Copy(random.Next(memory.PendingOffloads + 1));
                    return "copy";
                case 4 when random.Next(3) == 0:
                    memory.End(sequence);
                    live.Remove(sequence);
                    return "end";
                default:
                    return Extend(sequence, takeBack: random.Next(8) == 0) ? "extend" : "no room";
            }
        }

        private Sequence Arrive()
        {
            ulong[] names = new ulong[random.Next(0, 12)];
            ulong family = (ulong)random.Next(1, 4);
            for (int i = 0; i < names.Length; i++)
            {
                family = (family * 31) + (ulong)random.Next(1, random.Next(1, 3) + 1);
                names[i] = family;
            }

            int perName = random.Next(1, 13);
            return Sequences.Make(++lastId, random.Next(1, 60), new PromptBlocks(names, perName));
        }

        private bool Extend(Sequence sequence, bool takeBack)
        {
            Reach reach = memory.Probe(sequence);
            int restore = random.Next(reach.RestorableBlocks + 1);
            int cached = reach.After(restore);
            int end = random.Next(cached + 1, sequence.Tokens + 1);
            if (!memory.TryExtend(sequence, end, restore))
            {
                return false;
            }

            Assert.Equal(cached, sequence.DeviceTokens);
            int size = memory.BlockSize;
            for (int at = reach.DeviceTokens / size; at < cached / size; at++)
            {
                onDevice[sequence.Device[at]] = onHost[sequence.Host[at]];
            }

            for (int at = cached / size; at < end / size; at++)
            {
                onDevice[sequence.Device[at]] = takeBack ? Garbage : ContentOf(sequence, at);
            }

            if (takeBack)
            {
                memory.Unpublish(sequence, cached);
                memory.Preempt(sequence, offload: true);
                return true;
            }

            sequence.DeviceTokens = end;
            if (end == sequence.Tokens)
            {
                sequence.Grow(1);
            }

            return true;
        }

        private void Copy(int count)
        {
            foreach ((int device, int host) in memory.CopiesOnTheWay.Take(count).ToArray())
            {
                onHost[host] = onDevice[device];
            }

            memory.CompleteOffloads(count);
        }

        private void Check(Sequence sequence, string where)
        {
            Assert.True(sequence.DeviceTokens < sequence.Tokens, where);
            Assert.True(sequence.DeviceBlocks >= memory.BlocksFor(sequence.DeviceTokens), where);
            for (int at = 0; at < sequence.DeviceTokens / memory.BlockSize; at++)
            {
                Assert.True(onDevice[sequence.Device[at]] == ContentOf(sequence, at), $"{where}: device block {at} is not its own");
            }

            for (int at = 0; at < sequence.HostBlocks; at++)
            {
                Assert.True(onHost[sequence.Host[at]] == ContentOf(sequence, at), $"{where}: host block {at} is not its own");
            }

            Reach reach = memory.Probe(sequence);
            Assert.True(reach.Tokens < sequence.Tokens && reach.HostTokens >= sequence.HostBlocks * memory.BlockSize, where);
        }

        /// <summary>What a full block must hold: the prompt's own content where it has a name, else nobody else's.</summary>
        private ulong ContentOf(Sequence sequence, int at)
        {
            int end = (at + 1) * memory.BlockSize;
            return end <= Math.Min(sequence.Request.Blocks.Tokens, sequence.Request.PromptTokens)
                ? sequence.Request.Blocks.NameOf(end)
                : ((ulong)sequence.Request.Id << 32) + (ulong)at + 1;
        }
    }
}
