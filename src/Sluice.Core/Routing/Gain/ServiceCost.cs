using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What serving a request takes of an instance.</summary>
internal static class ServiceCost
{
    /// <summary>
    /// Computing what is missing of its prompt and its answer, and holding its part of the memory while the answer is written at its
    /// promised pace; both as time of the whole instance, ms.
    /// </summary>
    public static double Of(Request request, double answer, int cached, Ledger ledger)
    {
        double context = request.PromptTokens + (answer / 2);
        double compute = ledger.Latency.Prefill(request.PromptTokens - cached, cached) + (answer * ledger.Latency.Decode((int)context));
        return ledger.Blocks is { } blocks
            ? compute + (context / ((double)blocks * ledger.BlockTokens) * answer * request.Class.Slo.NextToken.TotalMilliseconds)
            : compute;
    }
}
