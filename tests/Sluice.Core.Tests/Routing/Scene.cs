using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Core.Tests.Routing;

/// <summary>A latency model with the coefficients in the open; by default those of proserve.md c.5.</summary>
internal sealed record OpenLatency(
    double Constant = 5, double Square = 1e-5, double Linear = 0.02, double Cross = 1e-5, double Cached = 1e-4,
    double DecodeEach = 0.05, double DecodeContext = 2e-4) : ILatencyModel
{
    public double Prefill(int tokens, int context) =>
        (Square * tokens * tokens) + (Linear * tokens) + (Cross * tokens * context) + (Cached * context);

    public double Decode(int context) => DecodeEach + (DecodeContext * context);

    public int LargestPrefill(int context, int most, double budget) =>
        Enumerable.Range(1, most).LastOrDefault(tokens => Prefill(tokens, context) <= budget);
}

/// <summary>Short words for the tests of routing.</summary>
internal static class Make
{
    public static readonly Instant Start = new(0);

    public static Instant At(double milliseconds) => Instant.FromMilliseconds(milliseconds);

    public static Request Request(
        long id, int prompt = 1000, double weight = 1, double ttft = 1000, double tpot = 50, Instant arrival = default,
        PromptBlocks? blocks = null, double? answer = null) => new()
        {
            Id = id,
            Arrival = arrival,
            PromptTokens = prompt,
            Class = new ServiceClass
            {
                Name = "test",
                Weight = weight,
                Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot)),
            },
            Blocks = blocks ?? PromptBlocks.Unknown,
            ExpectedAnswerTokens = answer,
        };

    public static Router Colocated(IRoutingPolicy policy, int instances) =>
        new(policy, [.. Enumerable.Range(0, instances).Select(i => new Ledger(i, InstanceRole.Both, new OpenLatency()))]);

    public static Router Disaggregated(IRoutingPolicy policy, int prefill, int decode) =>
        new(policy, [.. Enumerable.Range(0, prefill + decode).Select(
            i => new Ledger(i, i < prefill ? InstanceRole.Prefill : InstanceRole.Decode, new OpenLatency()))]);
}

/// <summary>Sends requests where the test says: to set a scene.</summary>
internal sealed class Told : IRoutingPolicy
{
    public Route Next { get; set; }

    /// <summary>Asked instead once the scene is set.</summary>
    public IRoutingPolicy? Then { get; set; }

    public Route Choose(Request request, Fleet fleet, Instant now) => Then?.Choose(request, fleet, now) ?? Next;
}
