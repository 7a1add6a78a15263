using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.KvCache;

/// <summary>Short words for the tests of KV.</summary>
internal static class Sequences
{
    private static readonly ServiceClass Class = new()
    {
        Name = "test",
        Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)),
    };

    public static Sequence Make(long id, int prompt, PromptBlocks? blocks = null) => new(new Request
    {
        Id = id,
        Arrival = new Instant(0),
        PromptTokens = prompt,
        Class = Class,
        Blocks = blocks ?? PromptBlocks.Unknown,
    });

    /// <summary>One name a block of 4 tokens.</summary>
    public static PromptBlocks Names(params ulong[] names) => new(names, 4);

    public static KvMemory Memory(int device, int host = 0, bool prefixReuse = true) =>
        new(new KvOptions { BlockSize = 4, DeviceBlocks = device, HostBlocks = host, PrefixReuse = prefixReuse });

    /// <summary>Computes all that is known, restoring first what the host has.</summary>
    public static bool Compute(this KvMemory memory, Sequence sequence)
    {
        Reach reach = memory.Probe(sequence);
        if (!memory.TryExtend(sequence, sequence.Tokens, reach.RestorableBlocks))
        {
            return false;
        }

        Assert.Equal(reach.Tokens, sequence.DeviceTokens);
        sequence.DeviceTokens = sequence.Tokens;
        sequence.Grow(1);
        return true;
    }
}
