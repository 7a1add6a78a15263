namespace Sluice.Engine.Sampling;

/// <summary>Grammars that come with the program, in llama.cpp's notation (GBNF).</summary>
public static class Grammars
{
    /// <summary>One JSON object (RFC 8259), for JSON mode.</summary>
    /// <remarks>At most one blank in a row and bounded numbers: without that a model can go on for ever and say nothing.</remarks>
    public const string Json = """
        root     ::= object
        value    ::= object | list | text | number | "true" | "false" | "null"
        object   ::= "{" blank ( member ( "," blank member )* )? "}"
        member   ::= text blank ":" blank value blank
        list     ::= "[" blank ( value blank ( "," blank value blank )* )? "]"
        text     ::= "\"" letter* "\""
        letter   ::= [^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" hex hex hex hex )
        hex      ::= [0-9a-fA-F]
        number   ::= "-"? ( "0" | [1-9] [0-9]{0,17} ) ( "." [0-9]{1,18} )? ( [eE] [-+]? [0-9]{1,3} )?
        blank    ::= [ \n]?
        """;
}
