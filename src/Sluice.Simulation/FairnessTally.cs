using Sluice.Simulation.Reports;

namespace Sluice.Simulation;

/// <summary>Follows what tenants are served on each instance: who waits, who begins, what they receive.</summary>
/// <remarks>
/// A client that sends in classes of different weight counts as several tenants, as under VTC. Where several instances serve, each is fair
/// or not by itself.
/// </remarks>
internal sealed class FairnessTally(IReadOnlyList<SimulatedInstance> fleet)
{
    /// <summary>VTC's prices of a token of a prompt and of an answer.</summary>
    private const double PromptPrice = 1;

    private const double AnswerPrice = 2;

    private readonly Dictionary<(int Client, double Weight), int> tenants = [];
    private readonly HashSet<int> clients = [];
    private readonly ServiceGap?[] gaps = new ServiceGap?[fleet.Count];
    private double longestPrompt;
    private double leastWeight = double.PositiveInfinity;

    /// <summary>A request comes: its tenant is known from now on.</summary>
    public void Came(SimulatedRequest request)
    {
        clients.Add(request.Client);
        longestPrompt = Math.Max(longestPrompt, request.PromptTokens);
        leastWeight = Math.Min(leastWeight, request.Class.Weight);
        (int Client, double Weight) key = (request.Client, request.Class.Weight);
        if (tenants.TryGetValue(key, out int tenant))
        {
            request.Tenant = tenant;
        }
        else if (tenants.Count < ServiceGap.Most)
        {
            request.Tenant = tenants.Count;
            tenants.Add(key, tenants.Count);
        }
    }

    /// <summary>A request goes to an instance; if it has not begun, it waits there.</summary>
    public void Sent(SimulatedRequest request, SimulatedInstance instance)
    {
        Gone(request);
        if (request is { HasBegun: false, Tenant: { } tenant })
        {
            (gaps[instance.Index] ??= new ServiceGap()).Came(tenant);
            request.WaitsAt = instance.Index;
        }
    }

    /// <summary>A request waits no more where it did: it has ended, or goes elsewhere.</summary>
    public void Gone(SimulatedRequest request)
    {
        if (request.WaitsAt is { } instance)
        {
            gaps[instance]!.Left(request.Tenant!.Value);
            request.WaitsAt = null;
        }
    }

    /// <summary>A request was in a step that ends, and so many tokens of its answer came with it.</summary>
    public void Served(SimulatedRequest request, SimulatedInstance instance, int answerTokens)
    {
        if (request.Tenant is not { } tenant || gaps[instance.Index] is not { } gap)
        {
            return;
        }

        double service = AnswerPrice * answerTokens;
        if (request.WaitsAt is not null)
        {
            request.WaitsAt = null;
            request.HasBegun = true;
            gap.Begun(tenant);
            service += PromptPrice * request.PromptTokens;
        }

        gap.Served(tenant, service / request.Class.Weight);
    }

    /// <summary>All who were in a step have been told.</summary>
    public void StepEnded(SimulatedInstance instance) => gaps[instance.Index]?.StepEnded();

    /// <summary>The gap and what VTC promises of it; null where there is one client.</summary>
    public FairnessReport? Report()
    {
        if (clients.Count < 2)
        {
            return null;
        }

        double memory = fleet.Max(instance => (double)instance.Scheduler.Memory.DeviceBlocks * instance.Scheduler.Memory.BlockSize);
        return new FairnessReport(
            clients.Count,
            gaps.Max(gap => gap?.Largest) ?? 0,
            2 * Math.Max(PromptPrice * longestPrompt, AnswerPrice * memory) / leastWeight);
    }
}
