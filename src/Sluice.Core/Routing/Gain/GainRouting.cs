using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Ours: the most gain over the whole fleet. Requests wait here until an instance has room, and the best one goes.</summary>
/// <remarks>
/// <para>A newcomer goes to the instance with room (<see cref="Room"/>) where it brings most: gain expected of its answer, less
/// that of first tokens it would push past their deadlines; then by the earliest first token, so by speed, load and cached prefix,
/// then by index. It goes nowhere else while it is tied to the instance that has its beginning (<see cref="Ties"/>).</para>
/// <para>When nowhere is room it is held, and sent as soon as an instance has room for it
/// (<see cref="Selection"/>). One that does not fit does not stop others. Those nobody wants go, oldest first, to instances that
/// are calm.</para>
/// <para>Disaggregated, requests are held only where the memory of decode instances is what is short (<see cref="PrefillFlow"/>), until
/// one has room for the answer. Else nobody is: a prefill instance has no answers that a longer line could delay, and orders the line itself.
/// Decode instances take prompts as well while the prefill instances cannot be on time, as long as their answers leave room
/// (<see cref="Room.IsThereForPrompt"/>).</para>
/// <para>Nobody waits for ever: of the service sent out, a share s is put by for whoever is due first. With service c held that is
/// due before it and c0 of its own, it goes once the fleet was sent (c + c0)/s, and its blocks are free.</para>
/// <para>Wrong where the engine cannot be believed to free blocks and finish prompts soon after it says so: each release
/// waits for news. Blind to answers' true lengths like all others; it learns their mean.</para>
/// </remarks>
public sealed class GainRouting : IRoutingPolicy
{
    private const int NamesPerInstance = 65_536;
    private const int MostLost = 16;

    private readonly HeldRequests held = new();
    private readonly AnswerTokens answers = new();
    private readonly GainRoutingOptions options;
    private readonly Room room;
    private readonly Throughput throughput;
    private readonly Ties ties = new();
    private readonly Selection selection;
    private readonly PrefixIndex prefixes;
    private readonly PrefillFlow flow = new();
    private double putBy;
    private bool isMemoryShort;

    /// <summary>The policy of one router.</summary>
    /// <param name="options">How it chooses.</param>
    /// <param name="instances">How many instances there will be, for the size of its memory of prompts.</param>
    public GainRouting(GainRoutingOptions options, int instances = 1)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        selection = new Selection(ties);
        room = new Room(options, answers);
        throughput = new Throughput(options.Memory);
        prefixes = new PrefixIndex((int)Math.Min((long)NamesPerInstance * instances, Array.MaxLength / 2));
    }

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        var newcomer = Look(request);
        isMemoryShort = options.Hold && flow.IsMemoryShort(fleet, answers.Mean);
        if (RouteOf(newcomer, fleet, now) is { } route)
        {
            Sent(request, route, fleet);
            if (held.Count > 0)
            {
                Count(Service(request, route, fleet));
            }

            return route;
        }

        if (held.Count == 0)
        {
            throughput.Resume(now);
            putBy = 0;
        }

        held.Add(newcomer);
        ties.Add(newcomer);
        return null;
    }

    /// <inheritdoc/>
    public Released? Release(Fleet fleet, Instant now)
    {
        throughput.Pass(now, fleet.All.Length);
        if (fleet.IsDisaggregated)
        {
            isMemoryShort = flow.IsMemoryShort(fleet, answers.Mean);
            return isMemoryShort && !room.IsThereForAnyAnswer(fleet.Decoders) ? null : Next(ShortestLine(fleet.Entrances), fleet, now);
        }

        foreach (var ledger in fleet.Entrances)
        {
            if (room.IsThereForAny(ledger) && Next(ledger, fleet, now) is { } released)
            {
                return released;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Withdraw(Request request) => ties.Remove(held.Remove(request));

    /// <inheritdoc/>
    public void Learn(Request request, int answerTokens) => answers.Learn(request, answerTokens);

    private HeldRequest Look(Request request)
    {
        var (matched, holder) = prefixes.LongestMatch(request.Blocks.Names.Span);
        return new HeldRequest(request, Math.Min(matched * request.Blocks.TokensPerName, request.PromptTokens - 1), holder);
    }

    /// <summary>The instance that has the beginning of a newcomer's prompt, if it should go nowhere else.</summary>
    private Ledger? TiedTo(in HeldRequest newcomer, Fleet fleet, Instant now)
    {
        double left = (newcomer.Request.Deadline(0) - now).TotalMilliseconds * options.Margin;
        return options.Hold && !fleet.IsDisaggregated && newcomer.Cached > 0 && ties.IsTied(newcomer, fleet, Ties.Bound(fleet, held.Count), left)
            ? fleet.All[newcomer.Holder]
            : null;
    }

    /// <summary>Where a request goes; null when it is held.</summary>
    private Route? RouteOf(in HeldRequest newcomer, Fleet fleet, Instant now)
    {
        var decoder = DecoderFor(newcomer.Request, fleet);
        return (fleet.IsDisaggregated && decoder is null) || Best(newcomer, fleet, now) is not { } best
            ? null
            : new Route(best.Index, best.Role == InstanceRole.Prefill ? decoder!.Index : best.Index, newcomer.CachedAt(best));
    }

    /// <summary>Where a request's prompt goes; null when it is held.</summary>
    private Ledger? Best(in HeldRequest newcomer, Fleet fleet, Instant now)
    {
        var best = new Choice(null, double.NegativeInfinity, double.PositiveInfinity);
        best = TiedTo(newcomer, fleet, now) is { } holder
            ? Better(best, newcomer, holder, now)
            : Best(best, newcomer, fleet.Entrances, now);
        var request = newcomer.Request;
        if (best.Gain < Outlook.Gain(request, answers.Of(request), wait: 0, pace: 0, request.Arrival))
        {
            best = Best(best, newcomer, fleet.Decoders, now);
        }

        return best.Ledger;
    }

    private Choice Best(Choice best, in HeldRequest newcomer, ReadOnlySpan<Ledger> among, Instant now)
    {
        foreach (var ledger in among)
        {
            best = Better(best, newcomer, ledger, now);
        }

        return best;
    }

    private Choice Better(in Choice best, in HeldRequest newcomer, Ledger ledger, Instant now)
    {
        var request = newcomer.Request;
        if (!MaySend(request, ledger, now))
        {
            return best;
        }

        var outlook = Outlook.Of(request, ledger, newcomer.CachedAt(ledger), options.Margin, now);
        double gain = Outlook.Gain(request, answers.Of(request), outlook.FirstToken, outlook.Pace, now) - outlook.Loss;
        return gain > best.Gain || (gain == best.Gain && outlook.FirstToken < best.FirstToken)
            ? new Choice(ledger, gain, outlook.FirstToken)
            : best;
    }

    private bool MaySend(Request request, Ledger ledger, Instant now) => ledger.Role switch
    {
        InstanceRole.Prefill => true,
        InstanceRole.Decode => room.IsThereForPrompt(request, ledger),
        _ => !options.Hold || room.IsThereFor(request, ledger, now),
    };

    /// <summary>The held request for an instance with room: whoever is due first, once service enough is put by for it, or else the best.</summary>
    private Released? Next(Ledger ledger, Fleet fleet, Instant now)
    {
        var first = held[0];
        double cost = ServiceCost.Of(first.Request, answers.Of(first.Request), first.Cached, fleet.All[0]);
        if (putBy >= cost && TrySend(first, ledger, fleet, now) is { } overdue)
        {
            putBy -= cost;
            throughput.Add(cost);
            return overdue;
        }

        selection.Walk(held, answers, ledger, fleet, throughput.Rate, options.Margin, now);
        foreach (int place in selection.Order)
        {
            if (TrySend(held[place], ledger, fleet, now) is { } released)
            {
                Count(Service(released.Request, released.Route, fleet));
                return released;
            }
        }

        return Room.IsCalm(ledger) ? NextOfLost(ledger, fleet, now) : null;
    }

    private double Service(Request request, Route route, Fleet fleet) =>
        ServiceCost.Of(request, answers.Of(request), route.Cached, fleet.All[0]);

    /// <summary>While requests are held this much service was sent out, ms.</summary>
    private void Count(double service)
    {
        throughput.Add(service);
        putBy += options.Share * service;
    }

    private Released? NextOfLost(Ledger ledger, Fleet fleet, Instant now)
    {
        for (int place = 0; place < Math.Min(held.Count, MostLost); place++)
        {
            if (TrySend(held[place], ledger, fleet, now) is { } released)
            {
                return released;
            }
        }

        return null;
    }

    private Released? TrySend(in HeldRequest item, Ledger ledger, Fleet fleet, Instant now)
    {
        var request = item.Request;
        Route? free = fleet.IsDisaggregated ? RouteOf(item, fleet, now)
            : room.IsThereFor(request, ledger, now) ? new Route(ledger.Index, ledger.Index, item.CachedAt(ledger))
            : null;
        if (free is not { } route)
        {
            return null;
        }

        ties.Remove(held.Remove(request));
        Sent(request, route, fleet);
        return new Released(request, route);
    }

    private void Sent(Request request, Route route, Fleet fleet)
    {
        prefixes.Note(request.Blocks.Names.Span, route.Prefill);
        flow.Note(request, answers.Of(request), route, fleet);
    }

    private static Ledger ShortestLine(ReadOnlySpan<Ledger> among)
    {
        var shortest = among[0];
        foreach (var ledger in among[1..])
        {
            shortest = ledger.Prefills.Nanoseconds < shortest.Prefills.Nanoseconds ? ledger : shortest;
        }

        return shortest;
    }

    /// <summary>The decode instance with the shortest step, of those with room where memory is short; null when none has.</summary>
    private Ledger? DecoderFor(Request request, Fleet fleet)
    {
        Ledger? best = null;
        double least = double.PositiveInfinity;
        foreach (var ledger in fleet.Decoders)
        {
            double step = ledger.StepWith(request.PromptTokens);
            if (step < least && (!isMemoryShort || room.IsThereForAnswer(request, ledger)))
            {
                (best, least) = (ledger, step);
            }
        }

        return best;
    }

    private readonly record struct Choice(Ledger? Ledger, double Gain, double FirstToken);
}
