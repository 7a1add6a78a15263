using System.Text;

namespace Sluice.Engine.Pretending;

/// <summary>Cuts text into pieces of four characters, any text, and back without loss.</summary>
/// <remarks>
/// Printable ASCII and the line feed make tokens of four characters, or of two or three where a run of them ends; every other byte of the
/// text's UTF-8 is a token of its own. So English text has about four characters a token, as with real tokenizers. A token's number says
/// its characters; there is no table.
/// </remarks>
internal static class PretendTokenizer
{
    private const int Symbols = 96;
    private const int Bytes = 256;
    private const int FirstPair = Bytes;
    private const int FirstTriple = FirstPair + (Symbols * Symbols);
    private const int FirstQuad = FirstTriple + (Symbols * Symbols * Symbols);
    private const int FirstControl = FirstQuad + (Symbols * Symbols * Symbols * Symbols);

    /// <summary>Ends an answer.</summary>
    public const int End = FirstControl;

    /// <summary>Ends a message of a conversation.</summary>
    public const int EndOfTurn = FirstControl + 1;

    private const int FirstRole = FirstControl + 2;

    private static readonly string[] Roles = ["system", "user", "assistant", "tool", "developer"];

    /// <summary>All tokens.</summary>
    public static int VocabularySize => FirstRole + Roles.Length;

    /// <summary>The token that begins a message; null for a role nobody knows.</summary>
    public static int? Role(string role) => Array.IndexOf(Roles, role) is >= 0 and var at ? FirstRole + at : null;

    /// <summary>Splits text.</summary>
    public static int[] Split(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var tokens = new List<int>((bytes.Length / 4) + 4);
        for (int at = 0; at < bytes.Length;)
        {
            int length = 0;
            int number = 0;
            while (length < 4 && at + length < bytes.Length && SymbolOf(bytes[at + length]) is >= 0 and var symbol)
            {
                number = (number * Symbols) + symbol;
                length++;
            }

            tokens.Add(length switch
            {
                4 => FirstQuad + number,
                3 => FirstTriple + number,
                2 => FirstPair + number,
                _ => bytes[at],
            });
            at += Math.Max(length, 1);
        }

        return [.. tokens];
    }

    /// <summary>The bytes of a token; none for control tokens. Returns how many.</summary>
    public static int Piece(int token, Span<byte> bytes)
    {
        if (token is < 0 or >= FirstControl)
        {
            return 0;
        }

        if (token < Bytes)
        {
            bytes[0] = (byte)token;
            return 1;
        }

        (int length, int number) = token switch
        {
            < FirstTriple => (2, token - FirstPair),
            < FirstQuad => (3, token - FirstTriple),
            _ => (4, token - FirstQuad),
        };
        for (int at = length - 1; at >= 0; at--)
        {
            bytes[at] = ByteOf(number % Symbols);
            number /= Symbols;
        }

        return length;
    }

    private static int SymbolOf(byte character) => character is >= 0x20 and <= 0x7E ? character - 0x20 : character == '\n' ? Symbols - 1 : -1;

    private static byte ByteOf(int symbol) => symbol == Symbols - 1 ? (byte)'\n' : (byte)(symbol + 0x20);
}
