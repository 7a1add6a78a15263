using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Core.Tests.Routing;

/// <summary>Short words for the tests of routing.</summary>
internal static class Make
{
    public static readonly Instant Start = new(0);

    /// <summary>The estimator of proserve.md c.5, or one that differs in these coefficients.</summary>
    public static FiveTermLatencyModel Estimator(double constant = 5, double square = 1e-5, double token = 0.02) => new()
    {
        Constant = constant,
        PrefillSquare = square,
        PrefillToken = token,
        PrefillContext = 1e-5,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 2e-4,
    };

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
        new(policy, [.. Enumerable.Range(0, instances).Select(i => new Ledger(i, InstanceRole.Both, Estimator()))]);

    public static Router Disaggregated(IRoutingPolicy policy, int prefill, int decode) =>
        new(policy, [.. Enumerable.Range(0, prefill + decode).Select(
            i => new Ledger(i, i < prefill ? InstanceRole.Prefill : InstanceRole.Decode, Estimator()))]);
}

/// <summary>Sends requests where the test says: to set a scene.</summary>
internal sealed class Told : IRoutingPolicy
{
    public Route Next { get; set; }

    /// <summary>Asked instead once the scene is set.</summary>
    public IRoutingPolicy? Then { get; set; }

    public Route? Choose(Request request, Fleet fleet, Instant now) => Then?.Choose(request, fleet, now) ?? Next;
}
