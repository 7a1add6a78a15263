namespace Sluice.Engine.Sampling;

/// <summary>Grammars that come with the program, in llama.cpp's notation (GBNF).</summary>
public static class Grammars
{
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
}
