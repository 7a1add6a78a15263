using System.Text;

namespace Sluice.Engine.Answers;

/// <summary>Makes whole characters of the bytes of tokens, and ends at a stop text, which is not part of the answer.</summary>
/// <remarks>
/// Only what could still become a stop text is held back. Bytes that are not UTF-8 become U+FFFD, the replacement character, one for each
/// sequence that cannot go on.
/// </remarks>
internal sealed class AnswerText(StopTexts stops)
{
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private readonly int[] matched = new int[stops.Count];
    private readonly StringBuilder held = new();
    private char[] characters = new char[32];

    /// <summary>Whether a stop text has come. Nothing is to be taken in after it.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>Takes the bytes of a token in, and gives the text that is certain now.</summary>
    public string Append(ReadOnlySpan<byte> bytes) => Release(Decode(bytes, isLast: false));

    /// <summary>No token comes any more: gives what was held back.</summary>
    public string Finish()
    {
        if (HasStopped)
        {
            return string.Empty;
        }

        string text = Release(Decode([], isLast: true));
        return HasStopped ? text : text + Take(held.Length);
    }

    private ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes, bool isLast)
    {
        int most = bytes.Length + 4;
        if (characters.Length < most)
        {
            characters = new char[most * 2];
        }

        return characters.AsSpan(0, decoder.GetChars(bytes, characters, isLast));
    }

    private string Release(ReadOnlySpan<char> text)
    {
        if (stops.Count == 0)
        {
            return text.IsEmpty ? string.Empty : new string(text);
        }

        foreach (char character in text)
        {
            held.Append(character);
            int stop = stops.Advance(character, matched);
            if (stop > 0)
            {
                HasStopped = true;
                return Take(held.Length - stop);
            }
        }

        int open = 0;
        foreach (int length in matched)
        {
            open = Math.Max(open, length);
        }

        return Take(held.Length - open);
    }

    private string Take(int length)
    {
        if (length == 0)
        {
            return string.Empty;
        }

        string text = held.ToString(0, length);
        held.Remove(0, length);
        return text;
    }
}
