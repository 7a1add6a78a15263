using Sluice.Core.KvCache;

namespace Sluice.Core.Requests;

/// <summary>The unit of scheduling: one prompt and one growing answer. Lives in one scheduler at a time.</summary>
public sealed class Sequence
{
    /// <summary>The most sequences one request may have (`n`).</summary>
    public const int MostPerRequest = 1024;

    internal BlockTable Device;
    internal BlockTable Host;
    internal int HostReady;
    internal int HostEpoch;

    /// <summary>Whether blocks that it lost bear names only it knows.</summary>
    internal bool HasOwnNames;

    /// <summary>Its place with the policy while it waits there; −1 otherwise.</summary>
    internal int Slot = -1;

    /// <summary>Tokens of the answer that a policy has charged to the client or the application.</summary>
    internal int Charged;

    /// <summary>Sequence <paramref name="index"/> of a request, 0 for the first.</summary>
    public Sequence(Request request, int index = 0)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.PromptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MostPerRequest);
        Request = request;
        Order = (request.Id * MostPerRequest) + index;
        PrefillTokens = request.PromptTokens;
    }

    /// <summary>The call it belongs to.</summary>
    public Request Request { get; }

    /// <summary>Ascending by arrival, unique: the last word in every order.</summary>
    public long Order { get; }

    /// <summary>Tokens of the answer so far.</summary>
    public int Generated { get; private set; }

    /// <summary>Tokens known: prompt and answer so far.</summary>
    public int Tokens => Request.PromptTokens + Generated;

    /// <summary>
    /// Tokens whose KV must be there before the next token comes one step at a time: the prompt, or after a preemption
    /// all that were known then.
    /// </summary>
    public int PrefillTokens { get; private set; }

    /// <summary>Tokens whose KV is on the device.</summary>
    public int DeviceTokens { get; internal set; }

    /// <summary>The most tokens whose KV was ever computed; below it, work is done again.</summary>
    public int HighWater { get; internal set; }

    /// <summary>Tokens that must pass through the model before the next one comes out.</summary>
    public int Missing => Tokens - DeviceTokens;

    /// <summary>When its first token came; null before.</summary>
    public Instant? FirstTokenAt { get; internal set; }

    /// <summary>Times it lost KV it needed.</summary>
    public int Preemptions { get; internal set; }

    /// <summary>Where it stands.</summary>
    public SequenceState State { get; internal set; }

    /// <summary>How far it is.</summary>
    public Stage Stage =>
        DeviceTokens == 0 ? Stage.Prefill
        : DeviceTokens < PrefillTokens ? Stage.ChunkedPrefill
        : Stage.Decode;

    /// <summary>Blocks it refers to on the device.</summary>
    public int DeviceBlocks => Device.Count;

    /// <summary>Blocks of which a complete copy is on the host.</summary>
    public int HostBlocks => HostReady;

    /// <summary>Blocks whose copy to the host is complete or on its way.</summary>
    public int OrderedHostBlocks => Host.Count;

    /// <summary>The worth of its next token if that is on time.</summary>
    public double NextGain => Generated == 0 ? Request.Class.FirstTokenGain : Request.Class.NextTokenGain;

    /// <summary>Takes <paramref name="count"/> new tokens.</summary>
    internal void Grow(int count) => Generated += count;

    /// <summary>Forgets all KV: the instance that had it is gone.</summary>
    public void Reset()
    {
        DeviceTokens = 0;
        State = SequenceState.New;
        RestartPrefill();
    }

    /// <summary>All tokens known now have to be prefilled again.</summary>
    internal void RestartPrefill() => PrefillTokens = Tokens;
}
