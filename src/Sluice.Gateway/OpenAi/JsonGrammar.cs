namespace Sluice.Gateway.OpenAi;

/// <summary>JSON mode: a grammar in GBNF of one JSON object, with no more than one space or line feed in a row between its parts.</summary>
/// <remarks>Unbounded white space would let a model go on forever without saying anything.</remarks>
internal static class JsonGrammar
{
    /// <summary>RFC 8259, an object at the top.</summary>
    public const string Text =
        """
        root   ::= object
        value  ::= object | array | string | number | "true" | "false" | "null"
        object ::= "{" gap ( pair ( "," gap pair )* )? "}" gap
        pair   ::= string gap ":" gap value gap
        array  ::= "[" gap ( value gap ( "," gap value gap )* )? "]"
        string ::= "\"" ( [^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" hex hex hex hex ) )* "\""
        hex    ::= [0-9a-fA-F]
        number ::= "-"? ( "0" | [1-9] [0-9]* ) ( "." [0-9]+ )? ( [eE] [-+]? [0-9]+ )?
        gap    ::= [ \n]?
        """;
}
