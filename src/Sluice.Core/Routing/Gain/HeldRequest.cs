using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>A request that waits at the router.</summary>
/// <param name="Request">The request.</param>
/// <param name="Cached">Tokens of its prompt that were sent to an instance before; 0 when its beginning is new.</param>
/// <param name="Holder">The index of that instance, if there is one.</param>
internal readonly record struct HeldRequest(Request Request, int Cached, int Holder)
{
    /// <summary>Tokens of its prompt that are expected to be cached there.</summary>
    public int CachedAt(Ledger ledger) => ledger.Index == Holder ? Cached : 0;

    /// <summary>When its first token would be out there, after all prompts in line, ms from now.</summary>
    public double FirstTokenAt(Ledger ledger)
    {
        int cached = CachedAt(ledger);
        double own = ledger.Latency.Prefill(Request.PromptTokens - cached, cached);
        return new Line(ledger, Outlook.BudgetOf(Request, ledger)).Finish((ledger.Prefills.Nanoseconds * 1e-6) + own);
    }
}
