using Sluice.Core.Latency;

namespace Sluice.Core.Routing;

/// <summary>What the router knows it sent to one instance and has not seen finished.</summary>
/// <remarks>
/// Only <see cref="Router"/> writes in it. Predictions are made once, when a request is sent, and stay as they were
/// until it ends: a latency model that learns meanwhile cannot unbalance the sums.
/// </remarks>
/// <param name="index">The instance's place in the fleet, from 0.</param>
/// <param name="role">What it is for.</param>
/// <param name="latency">How long its steps take.</param>
public sealed class Ledger(int index, InstanceRole role, ILatencyModel latency)
{
    /// <summary>The instance's place in the fleet, from 0: the last word in every order of instances.</summary>
    public int Index { get; } = index;

    /// <summary>What the instance is for.</summary>
    public InstanceRole Role { get; } = role;

    /// <summary>How long its steps take.</summary>
    public ILatencyModel Latency { get; } = latency;

    /// <summary>Whether it can be sent anything.</summary>
    public bool IsUp { get; internal set; } = true;

    /// <summary>Free KV blocks as the instance last reported; null when it never did.</summary>
    public int? FreeBlocks { get; internal set; }

    /// <summary>The prompts it still has to compute.</summary>
    public OutstandingPrefills Prefills { get; } = new();

    /// <summary>Requests whose prompt is done and whose answer it is writing.</summary>
    public int Decodes { get; private set; }

    /// <summary>Requests whose answer it writes or will write, counted from arrival.</summary>
    public int AssignedDecodes { get; private set; }

    /// <summary>Estimated tokens of context of all <see cref="AssignedDecodes"/>.</summary>
    public long ContextTokens { get; private set; }

    /// <summary>When its first prompt came while it had none, or when it last finished one, whichever is later.</summary>
    public Instant LastPrefillEvent { get; private set; }

    /// <summary>Outstanding work in tokens: all of every outstanding prompt, one for each decode.</summary>
    public long Load => Prefills.Tokens + Decodes;

    /// <summary>Requests it works on now.</summary>
    public int Requests => Prefills.Count + Decodes;

    internal void AddPrefill(OutstandingPrefill prefill, Instant now)
    {
        if (Prefills.Count == 0)
        {
            LastPrefillEvent = now;
        }

        Prefills.Add(prefill);
    }

    internal void RemovePrefill(Instant due, long id) => Prefills.Remove(due, id);

    internal void NotePrefillFinished(Instant now) => LastPrefillEvent = now;

    internal void AssignDecode(int context)
    {
        AssignedDecodes++;
        ContextTokens += context;
    }

    internal void StartDecode() => Decodes++;

    internal void ReleaseDecode(int context, bool started)
    {
        AssignedDecodes--;
        ContextTokens -= context;
        Decodes -= started ? 1 : 0;
    }
}
