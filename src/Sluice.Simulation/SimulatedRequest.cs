using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Simulation;

/// <summary>A request with what only the simulator knows: how long its answer will be, and how it is being served.</summary>
internal sealed class SimulatedRequest : Request
{
    /// <summary>A patience that outlasts every run.</summary>
    public static readonly TimeSpan Endless = TimeSpan.FromDays(100_000);

    private AnswerScore score;
    private Sequence? sequence;

    /// <summary>Tokens its answer will have.</summary>
    public required int AnswerTokens { get; init; }

    /// <summary>Its one sequence.</summary>
    public Sequence Sequence => sequence ??= new Sequence(this);

    /// <summary>How its tokens came so far.</summary>
    public ref AnswerScore Score => ref score;

    /// <summary>Where it is, or where its KV is on the way to.</summary>
    public SimulatedInstance? Instance { get; set; }

    /// <summary>Where its KV comes from while it is on the way; null otherwise.</summary>
    public SimulatedInstance? HandedOverBy { get; set; }

    /// <summary>How often its KV was sent on its way.</summary>
    public int HandOvers { get; set; }

    /// <summary>Where it decodes, chosen at arrival.</summary>
    public int DecodeInstance { get; set; }

    /// <summary>When its client gives up; beyond every run, for most.</summary>
    public required Instant GivesUpAt { get; init; }

    /// <summary>Whether its client gives up at all.</summary>
    public bool IsImpatient => GivesUpAt < Arrival + Endless;

    /// <summary>Whose it is among the tenants that are compared; null when it is not compared.</summary>
    public int? Tenant { get; set; }

    /// <summary>The instance where it waits to begin, for that comparison; null once it has begun.</summary>
    public int? WaitsAt { get; set; }

    /// <summary>Whether it was in a step.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Tokens its answer lacks.</summary>
    public int Left => AnswerTokens - Sequence.Generated;
}
