using System.Globalization;

namespace Sluice.Simulation.Traces;

/// <summary>What a column holds.</summary>
internal enum Role
{
    /// <summary>Something a trace does not need.</summary>
    Other,

    /// <summary>The arrival, in the binding's unit.</summary>
    Arrival,

    /// <summary>The prompt's tokens.</summary>
    Prompt,

    /// <summary>The answer's tokens.</summary>
    Answer,

    /// <summary>The client.</summary>
    Client,

    /// <summary>The application of which the request is a call.</summary>
    Application,

    /// <summary>Names of the prompt's blocks.</summary>
    Blocks,

    /// <summary>The hardware of a measured run.</summary>
    Hardware,

    /// <summary>The model of a measured run.</summary>
    Model,
}

/// <summary>Which column of one file holds what, and the unit of its arrival.</summary>
internal sealed class TraceColumns
{
    private readonly Role[] roles;

    /// <summary>Binds a format to one file's columns; where several could serve, the format's first one does.</summary>
    public TraceColumns(TraceFormat format, IReadOnlyList<string> columns)
    {
        Format = format;
        Names = columns;
        roles = new Role[columns.Count];
        TokensPerName = format.TokensPerName;
        foreach (TimeColumn arrival in format.Arrival)
        {
            if (Bind(Role.Arrival, [arrival.Name]))
            {
                Decimals = arrival.Decimals;
                break;
            }
        }

        Bind(Role.Prompt, format.Prompt);
        Bind(Role.Answer, format.Answer);
        Bind(Role.Client, format.Client);
        Bind(Role.Application, format.Application);
        if (!Bind(Role.Blocks, format.Blocks) && format.Name == "generic")
        {
            BindSizedBlocks();
        }

        if (format.Placement == Placement.Runs)
        {
            Bind(Role.Hardware, ["hardware"]);
            Bind(Role.Model, ["model"]);
        }

        HasBlocks = roles.Contains(Role.Blocks);
    }

    /// <summary>The format.</summary>
    public TraceFormat Format { get; }

    /// <summary>The columns' names, in the file's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The arrival's unit as a power of ten of a tick.</summary>
    public int Decimals { get; }

    /// <summary>Prompt tokens one block name covers.</summary>
    public int TokensPerName { get; private set; }

    /// <summary>Whether the prompts' blocks have names.</summary>
    public bool HasBlocks { get; }

    /// <summary>What each column holds.</summary>
    public ReadOnlySpan<Role> Roles => roles;

    /// <summary>What should stand in a column.</summary>
    public string Expected(Role role)
    {
        int column = Array.IndexOf(roles, role);
        string name = column < 0 ? $"{role}" : $"{Names[column]}";
        return role switch
        {
            Role.Arrival => $"a time from 0 to {LatestTime()} in `{name}`",
            Role.Answer when Format.HasFailures =>
                $"a whole number of tokens from 0 to {TraceNumbers.MostTokens} in `{name}`",
            Role.Prompt or Role.Answer =>
                $"a whole number of tokens from 1 to {TraceNumbers.MostTokens} in `{name}`",
            Role.Blocks => $"whole numbers with a space between them in `{name}`",
            _ => $"a name of at most {TraceRows.LongestName} bytes in `{name}`",
        };
    }

    /// <summary>The latest time, in the column's unit.</summary>
    private string LatestTime()
    {
        decimal latest = TraceNumbers.MostTicks;
        for (int power = 0; power < Math.Abs(Decimals); power++)
        {
            latest = Decimals > 0 ? latest / 10 : latest * 10;
        }

        return latest.ToString("0", CultureInfo.InvariantCulture);
    }

    private bool Bind(Role role, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            for (int i = 0; i < roles.Length; i++)
            {
                if (roles[i] == Role.Other && Names[i].Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    roles[i] = role;
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>A column hash_ids_N: block names that cover N tokens each.</summary>
    private void BindSizedBlocks()
    {
        const string prefix = "hash_ids_";
        for (int i = 0; i < roles.Length; i++)
        {
            if (Names[i].StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                && int.TryParse(Names[i].AsSpan(prefix.Length), out int tokens)
                && tokens is >= 1 and <= TraceNumbers.MostTokens)
            {
                roles[i] = Role.Blocks;
                TokensPerName = tokens;
                return;
            }
        }
    }
}
