namespace Sluice.Core.Batching.ByLength;

/// <summary>The orders within a line by name, for policies that pick the tenant and leave the rest to one of them.</summary>
internal static class WaitingOrders
{
    /// <summary>The name of each, the plainest first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fcfs", "sjf", "pars"];

    /// <summary>An empty line in the order of that name, which must be one of <see cref="Names"/>.</summary>
    public static IWaitingOrder Create(string name) => name switch
    {
        "fcfs" => new ArrivalOrder(),
        "sjf" => new LengthOrder(PredictedLength.Left),
        "pars" => new LengthOrder(PredictedLength.Rank, RankedPrompts.UsualPatience),
        _ => throw new UnknownNameException("order of waiting requests", name, Names),
    };
}
