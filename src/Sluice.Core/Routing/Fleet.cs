namespace Sluice.Core.Routing;

/// <summary>All instances of one model, and which of them can be sent something now.</summary>
public sealed class Fleet
{
    private readonly Ledger[] all;
    private readonly Ledger[] entrances;
    private readonly Ledger[] decoders;
    private int entrancesUp;
    private int decodersUp;

    internal Fleet(IReadOnlyList<Ledger> ledgers)
    {
        all = [.. ledgers];
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i].Index != i)
            {
                throw new ArgumentException($"Instance {i} of the fleet calls itself {all[i].Index}. Number them from 0.");
            }
        }

        IsDisaggregated = all.Any(ledger => ledger.Role != InstanceRole.Both);
        if (IsDisaggregated && !IsWholePair(all))
        {
            throw new ArgumentException(
                "A disaggregated fleet needs at least one prefill and one decode instance and none that does both. " +
                "Change the roles of its instances.");
        }

        entrances = new Ledger[all.Length];
        decoders = new Ledger[all.Length];
        Refresh();
    }

    /// <summary>Every instance by its index, up or down.</summary>
    public ReadOnlySpan<Ledger> All => all;

    /// <summary>The instances that are up and take prompts, by index.</summary>
    public ReadOnlySpan<Ledger> Entrances => entrances.AsSpan(0, entrancesUp);

    /// <summary>The instances that are up and only decode, by index; empty when co-located.</summary>
    public ReadOnlySpan<Ledger> Decoders => decoders.AsSpan(0, decodersUp);

    /// <summary>Whether prompts and answers are computed by different instances.</summary>
    public bool IsDisaggregated { get; }

    /// <summary>Whether a request can be served at all.</summary>
    public bool IsOpen => entrancesUp > 0 && (!IsDisaggregated || decodersUp > 0);

    /// <summary>The entrance with the least <see cref="Ledger.Load"/>, ties by index.</summary>
    public Ledger LeastLoaded()
    {
        var least = entrances[0];
        foreach (var ledger in Entrances[1..])
        {
            if (ledger.Load < least.Load)
            {
                least = ledger;
            }
        }

        return least;
    }

    /// <summary>The decode instance with the fewest assigned decodes, ties by index.</summary>
    public Ledger FewestDecodes()
    {
        var fewest = decoders[0];
        foreach (var ledger in Decoders[1..])
        {
            if (ledger.AssignedDecodes < fewest.AssignedDecodes)
            {
                fewest = ledger;
            }
        }

        return fewest;
    }

    /// <summary>The prompt goes here; the answer is written here too, or where the fewest decodes are assigned.</summary>
    public Route RouteFrom(Ledger entrance) =>
        new(entrance.Index, IsDisaggregated ? FewestDecodes().Index : entrance.Index);

    /// <summary>How often an instance went down or came up.</summary>
    internal int Changes { get; private set; }

    internal void SetUp(int index, bool isUp)
    {
        Changes++;
        all[index].IsUp = isUp;
        Refresh();
    }

    private void Refresh()
    {
        entrancesUp = 0;
        decodersUp = 0;
        foreach (var ledger in all)
        {
            if (!ledger.IsUp)
            {
                continue;
            }

            if (ledger.Role == InstanceRole.Decode)
            {
                decoders[decodersUp++] = ledger;
            }
            else
            {
                entrances[entrancesUp++] = ledger;
            }
        }
    }

    private static bool IsWholePair(Ledger[] ledgers) =>
        ledgers.All(ledger => ledger.Role != InstanceRole.Both)
        && ledgers.Any(ledger => ledger.Role == InstanceRole.Prefill)
        && ledgers.Any(ledger => ledger.Role == InstanceRole.Decode);
}
