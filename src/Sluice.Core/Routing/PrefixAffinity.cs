using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What <see cref="PrefixAffinity"/> depends on.</summary>
public sealed record PrefixAffinityOptions
{
    /// <summary>Block names remembered for each instance of the fleet. Default 65,536.</summary>
    public int NamesPerInstance { get; init; } = 65_536;

    /// <summary>The part of a prompt that must have been seen for the match to count, 0–1. Default 0.3.</summary>
    public double LeastShare { get; init; } = 0.3;

    /// <summary>Most requests an instance may have and still be followed, as a multiple of the mean. Default 1.25.</summary>
    public double MostLoad { get; init; } = 1.25;

    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("names", "block names remembered for each instance (65536)"),
        new("share", "the part of a prompt that must have been seen (0.3)"),
        new("load", "most requests of an instance that is followed, as a multiple of the mean (1.25)"),
    ];

    /// <summary>Reads them from <c>key=value</c> pairs.</summary>
    public static PrefixAffinityOptions From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PrefixAffinityOptions
        {
            NamesPerInstance = options.Whole("names", 65_536, 1, 100_000_000),
            LeastShare = options.Number("share", 0.3, 0, 1),
            MostLoad = options.Number("load", 1.25, 1, 1_000_000),
        }.Checked();
    }

    /// <summary>Returns these options, or says which one to change.</summary>
    public PrefixAffinityOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(NamesPerInstance, 1);
        if (!(LeastShare is >= 0 and <= 1))
        {
            throw new ArgumentException($"PrefixAffinityOptions.LeastShare is {LeastShare}. Give it a number from 0 to 1.");
        }

        if (!(MostLoad >= 1) || double.IsInfinity(MostLoad))
        {
            throw new ArgumentException($"PrefixAffinityOptions.MostLoad is {MostLoad}. Give it a number of at least 1.");
        }

        return this;
    }
}

/// <summary>Follows the prompt: to the instance that was last sent the longest known beginning of it.</summary>
/// <remarks>
/// Goes to the least load instead when the match covers less than <see cref="PrefixAffinityOptions.LeastShare"/> of the
/// prompt, when that instance is down, or when it is overloaded: with this request it would hold more than
/// ⌈<see cref="PrefixAffinityOptions.MostLoad"/> · (requests of the fleet, this one included) / instances⌉ (consistent
/// hashing with bounded loads; Mirrokni, Thorup, Zadimoghaddam 2018). It guesses what is cached from its own choices,
/// so it is wrong where instances evict early, and it knows no deadline. Decodes go where the fewest are assigned.
/// </remarks>
public sealed class PrefixAffinity(PrefixAffinityOptions options, int instances) : IRoutingPolicy
{
    private readonly PrefixIndex index = new((int)Math.Min((long)options.NamesPerInstance * instances, Array.MaxLength / 2));

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        var names = request.Blocks.Names.Span;
        var (matched, instance) = index.LongestMatch(names);
        bool isEnough = matched > 0
            && (double)matched * request.Blocks.TokensPerName >= options.LeastShare * request.PromptTokens;
        var chosen = isEnough && CanTake(fleet.All[instance], fleet) ? fleet.All[instance] : fleet.LeastLoaded();
        index.Note(names, chosen.Index);
        return fleet.RouteFrom(chosen);
    }

    private bool CanTake(Ledger match, Fleet fleet)
    {
        if (!match.IsUp)
        {
            return false;
        }

        long requests = 1;
        foreach (var ledger in fleet.Entrances)
        {
            requests += ledger.Requests;
        }

        return match.Requests + 1 <= Math.Ceiling(options.MostLoad * requests / fleet.Entrances.Length);
    }
}
