namespace Sluice.Engine.Sampling;

/// <summary>Grammars that come with the program, in llama.cpp's notation (GBNF).</summary>
public static class Grammars
{
    /// <summary>The most characters of a grammar.</summary>
    public const int MostCharacters = 65_536;

    /// <summary>The deepest brackets of a grammar; beyond, the library's own recursion would run out of stack.</summary>
    public const int MostDepth = 200;

    /// <summary>One JSON object (RFC 8259), for JSON mode. At most 8 blanks in a row, so that an answer cannot be nothing but blanks.</summary>
    public const string Json = """
        root     ::= blank object blank
        value    ::= object | list | text | number | "true" | "false" | "null"
        object   ::= "{" blank ( member ( "," blank member )* )? "}"
        member   ::= text blank ":" blank value blank
        list     ::= "[" blank ( value blank ( "," blank value blank )* )? "]"
        text     ::= "\"" letter* "\""
        letter   ::= [^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" hex hex hex hex )
        hex      ::= [0-9a-fA-F]
        number   ::= "-"? ( "0" | [1-9] [0-9]{0,17} ) ( "." [0-9]{1,18} )? ( [eE] [-+]? [0-9]{1,3} )?
        blank    ::= [ \t\n\r]{0,8}
        """;

    /// <summary>Returns the grammar, or says why it cannot be tried.</summary>
    /// <exception cref="GenerationRefusedException">It is too long or too deep.</exception>
    internal static string Checked(string grammar)
    {
        if (grammar.Length > MostCharacters)
        {
            throw Refused($"has {grammar.Length} characters. Give one of at most {MostCharacters}");
        }

        int depth = 0;
        foreach (char letter in grammar)
        {
            depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
            if (depth > MostDepth)
            {
                throw Refused($"has brackets deeper than {MostDepth}. Give names to the inner parts");
            }
        }

        return grammar.Contains('\0', StringComparison.Ordinal)
            ? throw Refused("has a character of code 0. Leave it out")
            : grammar;
    }

    /// <summary>The refusal of a grammar.</summary>
    internal static GenerationRefusedException Refused(string reason) =>
        new(Refusal.Invalid, "grammar", $"`grammar` {reason}.");
}
