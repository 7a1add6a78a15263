using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Ours: the most gain over the whole fleet. Requests wait here until an instance has room, and the best one goes.</summary>
/// <remarks>
/// <para>A newcomer goes to the instance with room where it brings most: gain expected of its answer, less that of first tokens
/// it would push past their deadlines; ties by the earliest first token, so by speed, load and cached prefix, then by index.
/// Room: little prefill in line, a decode step within the strictest TPOT, blocks for it and for what runs to grow.</para>
/// <para>When nowhere is room it is held, and sent as soon as an instance has room for it
/// (<see cref="Selection"/>). One that does not fit does not stop others. Those nobody wants go, oldest first, to instances that
/// are calm. Disaggregated, decode instances take prompts as well while the prefill instances cannot be on time.</para>
/// <para>Wrong where the engine cannot be believed to free blocks and finish prompts soon after it says so: each release
/// waits for news. Blind to answers' true lengths like all others; it learns their mean.</para>
/// </remarks>
public sealed class GainRouting(GainRoutingOptions options, int instances = 1) : IRoutingPolicy
{
    private const int NamesPerInstance = 65_536;
    private const double CalmShare = 0.5;
    private const int MostLost = 16;

    private readonly HeldRequests held = new();
    private readonly AnswerTokens answers = new();
    private readonly Throughput throughput = new(options.Memory);
    private readonly Selection selection = new();
    private readonly PrefixIndex prefixes = new((int)Math.Min((long)NamesPerInstance * instances, Array.MaxLength / 2));

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        if (Best(request, fleet, now) is { } route)
        {
            prefixes.Note(request.Blocks.Names.Span, route.Prefill);
            return route;
        }

        if (held.Count == 0)
        {
            throughput.Resume(now);
        }

        held.Add(request);
        return null;
    }

    /// <inheritdoc/>
    public Released? Release(Fleet fleet, Instant now)
    {
        throughput.Pass(now, fleet.All.Length);
        return ReleaseTo(fleet.Entrances, fleet, now) ?? ReleaseTo(fleet.Decoders, fleet, now);
    }

    /// <inheritdoc/>
    public void Withdraw(Request request) => held.Remove(request);

    /// <inheritdoc/>
    public void Learn(Request request, int answerTokens) => answers.Learn(request, answerTokens);

    private static Route RouteFrom(Ledger entrance, Ledger? decoder) =>
        new(entrance.Index, entrance.Role == InstanceRole.Prefill ? decoder!.Index : entrance.Index);

    private static bool IsIdle(Ledger ledger) => ledger.Requests == 0 && ledger.AssignedDecodes == 0;

    /// <summary>Where a newcomer goes; null when it is held.</summary>
    private Route? Best(Request request, Fleet fleet, Instant now)
    {
        var decoder = fleet.IsDisaggregated ? DecoderFor(request, fleet) : null;
        var (matched, holder) = prefixes.LongestMatch(request.Blocks.Names.Span);
        int hit = Math.Min(matched * request.Blocks.TokensPerName, request.PromptTokens - 1);
        double answer = answers.Of(request);
        Ledger? best = null;
        double most = double.NegativeInfinity;
        double soonest = double.PositiveInfinity;
        if (!fleet.IsDisaggregated || decoder is not null)
        {
            Try(fleet.Entrances);
        }

        if (most < Outlook.Gain(request, answer, wait: 0, pace: 0, request.Arrival))
        {
            Try(fleet.Decoders);
        }

        return best is null ? null : RouteFrom(best, decoder);

        void Try(ReadOnlySpan<Ledger> among)
        {
            foreach (var ledger in among)
            {
                if (options.Hold && !HasRoom(request, ledger))
                {
                    continue;
                }

                var outlook = Outlook.Of(request, ledger, ledger.Index == holder ? hit : 0, options.Margin, now);
                double gain = Outlook.Gain(request, answer, outlook.FirstToken, outlook.Pace, now) - outlook.Loss;
                if (gain > most || (gain == most && outlook.FirstToken < soonest))
                {
                    (best, most, soonest) = (ledger, gain, outlook.FirstToken);
                }
            }
        }
    }

    private Released? ReleaseTo(ReadOnlySpan<Ledger> among, Fleet fleet, Instant now)
    {
        foreach (var ledger in among)
        {
            if (HasLineFor(ledger, ledger.StrictestNextToken ?? TimeSpan.MaxValue) && Next(ledger, fleet, now) is { } released)
            {
                return released;
            }
        }

        return null;
    }

    /// <summary>The best held request for an instance with room.</summary>
    private Released? Next(Ledger ledger, Fleet fleet, Instant now)
    {
        var reference = fleet.All[0];
        selection.Walk(held, answers, ledger, reference, throughput.Rate, options.Margin, now);
        foreach (int place in selection.Order)
        {
            if (TrySend(held[place], ledger, fleet) is { } released)
            {
                throughput.Add(ServiceCost.Of(released.Request, answers.Of(released.Request), reference));
                return released;
            }
        }

        if (!IsCalm(ledger))
        {
            return null;
        }

        for (int place = 0; place < Math.Min(held.Count, MostLost); place++)
        {
            if (TrySend(held[place], ledger, fleet) is { } released)
            {
                return released;
            }
        }

        return null;
    }

    private Released? TrySend(Request request, Ledger ledger, Fleet fleet)
    {
        var decoder = ledger.Role == InstanceRole.Prefill ? DecoderFor(request, fleet) : null;
        if (!HasRoom(request, ledger) || (ledger.Role == InstanceRole.Prefill && decoder is null))
        {
            return null;
        }

        held.Remove(request);
        prefixes.Note(request.Blocks.Names.Span, ledger.Index);
        return new Released(request, RouteFrom(ledger, decoder));
    }

    /// <summary>The decode instance with the shortest step that has room; null when none has.</summary>
    private Ledger? DecoderFor(Request request, Fleet fleet)
    {
        Ledger? best = null;
        double least = double.PositiveInfinity;
        foreach (var ledger in fleet.Decoders)
        {
            double step = ledger.StepWith(request);
            if (step < least && (!options.Hold || IsIdle(ledger) || CanDecode(request, ledger)))
            {
                (best, least) = (ledger, step);
            }
        }

        return best;
    }

    private bool HasRoom(Request request, Ledger ledger) =>
        IsIdle(ledger)
        || (HasLineFor(ledger, TimeSpan.FromMilliseconds(Outlook.BudgetOf(request, ledger)))
            && (ledger.Role == InstanceRole.Prefill || CanDecode(request, ledger)));

    /// <summary>Whether the prompts in line there are few.</summary>
    private bool HasLineFor(Ledger ledger, TimeSpan budget) =>
        ledger.Prefills.Nanoseconds * 1e-6 < options.Ahead * budget.TotalMilliseconds;

    private bool CanDecode(Request request, Ledger ledger)
    {
        if (ledger.StepWith(request) > options.StepShare * Outlook.BudgetOf(request, ledger))
        {
            return false;
        }

        double tokens = request.PromptTokens + ledger.PendingTokens + (options.Reserve * (ledger.AssignedDecodes + 1) * answers.Mean);
        return ledger.FreeBlocks is not { } free || tokens <= (double)free * ledger.BlockTokens;
    }

    private static bool IsCalm(Ledger ledger) =>
        IsIdle(ledger)
        || (ledger.Prefills.Count == 0
            && ledger.Latency.Constant + ledger.DecodeMilliseconds
                <= CalmShare * (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds);
}
