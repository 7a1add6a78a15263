using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sluice.Cli;

/// <summary>A verb whose help ends in examples and in the names its flags take.</summary>
internal sealed class Verb(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Lists of names, each with a heading.</summary>
    public IReadOnlyList<NameList> Names { get; init; } = [];
}

/// <summary>A heading and the names under it, drawn from a registry.</summary>
internal sealed record NameList(string Heading, IReadOnlyList<(string Name, string Summary)> Entries);

/// <summary>Prints the usual help and, below it, what a <see cref="Verb"/> has to add.</summary>
internal sealed class HelpWithExamples(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
{
    /// <summary>Replaces the help of a program.</summary>
    public static void AddTo(RootCommand root)
    {
        ArgumentNullException.ThrowIfNull(root);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((SynchronousCommandLineAction)help.Action!);
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb verb)
        {
            Write(verb, parseResult.InvocationConfiguration.Output);
        }

        return code;
    }

    private static void Write(Verb verb, TextWriter output)
    {
        foreach (NameList list in verb.Names)
        {
            output.WriteLine($"{list.Heading}:");
            int wide = list.Entries.Max(entry => entry.Name.Length);
            foreach ((string name, string summary) in list.Entries)
            {
                output.WriteLine($"  {name.PadRight(wide)}  {summary}".TrimEnd());
            }

            output.WriteLine();
        }

        if (verb.Examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (string example in verb.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }
    }
}
