using Sluice.Core.Latency;
using Sluice.Core.Requests;

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
    private readonly PaceCounts paces = new();

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

    /// <summary>Tokens in one of its KV blocks. Default 16.</summary>
    public int BlockTokens { get; init; } = 16;

    /// <summary>Its KV blocks in all; null when that is not known.</summary>
    public int? Blocks { get; init; }

    /// <summary>The most sequences it runs at once; null when that is not known.</summary>
    public int? Seats { get; init; }

    /// <summary>Whether more answers than its memory holds may be sent to it (<see cref="Batching.IBatchPolicy.TakesTurns"/>). Default no.</summary>
    public bool TakesTurns { get; init; }

    /// <summary>The strictest time between tokens that it was promised to keep; null when it has no request.</summary>
    public TimeSpan? StrictestNextToken => paces.Strictest;

    /// <summary>The prompts it still has to compute.</summary>
    public OutstandingPrefills Prefills { get; } = new();

    /// <summary>Requests whose prompt is done and whose answer it is writing.</summary>
    public int Decodes { get; private set; }

    /// <summary>Requests whose answer it writes or will write, counted from arrival.</summary>
    public int AssignedDecodes { get; private set; }

    /// <summary>Estimated tokens of context of all <see cref="AssignedDecodes"/>.</summary>
    public long ContextTokens { get; private set; }

    /// <summary>Tokens of the prompts that are not computed yet, by itself or elsewhere, and whose answers it will write.</summary>
    public long IncomingTokens { get; private set; }

    /// <summary>Tokens that its memory holds, as last reported, or that were handed over to it, as estimated, whichever is more.</summary>
    public long UsedTokens =>
        Math.Max((long)((Blocks - FreeBlocks) ?? 0) * BlockTokens, ContextTokens - IncomingTokens);

    /// <summary>When its first prompt came while it had none, or when it last finished one, whichever is later.</summary>
    public Instant LastPrefillEvent { get; private set; }

    /// <summary>Outstanding work in tokens: all of every outstanding prompt, one for each decode.</summary>
    public long Load => Prefills.Tokens + Decodes;

    /// <summary>Requests it works on now.</summary>
    public int Requests => Prefills.Count + Decodes;

    /// <summary>Predicted time of one step of all running decodes, without the constant, ms.</summary>
    public double DecodeMilliseconds => Decodes == 0 ? 0 : Decodes * Latency.Decode(MeanContext);

    private int MeanContext => AssignedDecodes == 0 ? 0 : (int)Math.Min(ContextTokens / AssignedDecodes, int.MaxValue);

    /// <summary>Predicted step of all answers it will write and this one, ms. The decode term is a straight line, so the mean will do.</summary>
    /// <param name="promptTokens">Tokens of its prompt.</param>
    public double StepWith(int promptTokens) => Latency.Constant + ((AssignedDecodes + 1) * DecodeWith(promptTokens));

    /// <summary>The same for answers that are each written at the pace they were promised: those of a lax one take part in some steps only.</summary>
    /// <param name="promptTokens">Tokens of the newcomer's prompt.</param>
    /// <param name="budget">How long a step is, ms.</param>
    public double PacedStepWith(int promptTokens, double budget) =>
        Latency.Constant + ((1 + (paces.TokensPerMillisecond * budget)) * DecodeWith(promptTokens));

    private double DecodeWith(int promptTokens) =>
        Latency.Decode((int)Math.Min((ContextTokens + promptTokens) / (AssignedDecodes + 1), int.MaxValue));

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

    internal void AssignDecode(Request request, int context)
    {
        AssignedDecodes++;
        ContextTokens += context;
        IncomingTokens += request.PromptTokens;
        paces.Add(request.Class.Slo.NextToken);
    }

    internal void StartDecode(Request request)
    {
        Decodes++;
        IncomingTokens -= request.PromptTokens;
    }

    internal void ReleaseDecode(Request request, int context, bool started)
    {
        paces.Remove(request.Class.Slo.NextToken);
        AssignedDecodes--;
        ContextTokens -= context;
        if (started)
        {
            Decodes--;
        }
        else
        {
            IncomingTokens -= request.PromptTokens;
        }
    }
}
