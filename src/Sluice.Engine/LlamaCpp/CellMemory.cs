namespace Sluice.Engine.LlamaCpp;

/// <summary>The KV cells of a context, by sequence id and position. Every argument is checked here: a wrong one would end the process.</summary>
/// <param name="memory">The library's pointer.</param>
/// <param name="ids">Sequence ids are 0 to this − 1.</param>
internal sealed class CellMemory(nint memory, int ids)
{
    /// <summary>Sequence ids are 0 to this − 1.</summary>
    public int Ids => ids;

    /// <summary>The last position that an id holds; −1 when it holds none.</summary>
    public int Last(int id) => LlamaNative.llama_memory_seq_pos_max(memory, Checked(id));

    /// <summary>Nobody holds anything, and the next cells are taken from the beginning again.</summary>
    public void Clear() => LlamaNative.llama_memory_clear(memory, 0);

    /// <summary>An id no longer holds the positions of a range. Cells that nobody holds are free.</summary>
    public void Remove(int id, int from, int until)
    {
        if (from < 0 || until <= from)
        {
            throw new InvalidOperationException($"Cells {from} to {until} of sequence id {id} cannot be removed.");
        }

        Require(LlamaNative.llama_memory_seq_rm(memory, Checked(id), from, until) != 0, id);
    }

    /// <summary>An id no longer holds anything from a position on.</summary>
    public void RemoveFrom(int id, int from)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        Require(LlamaNative.llama_memory_seq_rm(memory, Checked(id), from, -1) != 0, id);
    }

    /// <summary>Another id holds the same cells of a range too; nothing is copied.</summary>
    public void Share(int source, int target, int from, int until)
    {
        if (from < 0 || until <= from || source == target)
        {
            throw new InvalidOperationException($"Cells {from} to {until} of sequence id {source} cannot be shared with id {target}.");
        }

        LlamaNative.llama_memory_seq_cp(memory, Checked(source), Checked(target), from, until);
    }

    private int Checked(int id) => id >= 0 && id < ids
        ? id
        : throw new InvalidOperationException($"Sequence id {id} is none of the context's {ids}.");

    private static void Require(bool holds, int id)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"llama.cpp does not give up cells of sequence id {id}: its memory cannot lose single tokens.");
        }
    }
}
