namespace Sluice.Core.Routing;

/// <summary>Remembers which instance was last sent each block of a prompt; forgets the least recently seen.</summary>
/// <remarks>
/// A chain is noted from its deepest block to its first, so that a block is always more recent than those behind it:
/// whatever is forgotten, what remains of a chain is a prefix of it, and the first unknown name ends the search.
/// </remarks>
internal sealed class PrefixIndex
{
    private const int Ends = 0;
    private readonly int capacity;
    private readonly Dictionary<ulong, int> places = [];
    private Entry[] entries = new Entry[64];
    private int used;

    /// <param name="capacity">Most names remembered.</param>
    public PrefixIndex(int capacity) => this.capacity = capacity;

    /// <summary>How many names are remembered.</summary>
    public int Count => used;

    /// <summary>How many leading names are known, and who was last sent the deepest of them.</summary>
    public (int Names, int Instance) LongestMatch(ReadOnlySpan<ulong> names)
    {
        int matched = 0;
        int instance = 0;
        while (matched < names.Length && places.TryGetValue(names[matched], out int at))
        {
            instance = entries[at].Instance;
            matched++;
        }

        return (matched, instance);
    }

    /// <summary>Notes that this chain went there.</summary>
    public void Note(ReadOnlySpan<ulong> names, int instance)
    {
        for (int i = names.Length - 1; i >= 0; i--)
        {
            int at = PlaceFor(names[i]);
            entries[at].Instance = instance;
            PutNewest(at);
        }
    }

    private int PlaceFor(ulong name)
    {
        if (places.TryGetValue(name, out int at))
        {
            Unlink(at);
            return at;
        }

        if (used == capacity)
        {
            at = entries[Ends].Newer;
            Unlink(at);
            places.Remove(entries[at].Name);
        }
        else
        {
            at = ++used;
            if (at == entries.Length)
            {
                Array.Resize(ref entries, 2 * at);
            }
        }

        entries[at].Name = name;
        places.Add(name, at);
        return at;
    }

    private void Unlink(int at)
    {
        entries[entries[at].Older].Newer = entries[at].Newer;
        entries[entries[at].Newer].Older = entries[at].Older;
    }

    private void PutNewest(int at)
    {
        int newest = entries[Ends].Older;
        entries[at].Older = newest;
        entries[at].Newer = Ends;
        entries[newest].Newer = at;
        entries[Ends].Older = at;
    }

    /// <summary>One name in a ring from oldest to newest; entry 0 closes the ring and holds no name.</summary>
    private struct Entry
    {
        public ulong Name;
        public int Instance;
        public int Newer;
        public int Older;
    }
}
