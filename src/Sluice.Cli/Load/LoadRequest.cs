using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Cli.Load;

/// <summary>One request of a load, and how the server answered.</summary>
internal sealed class LoadRequest : Request
{
    private AnswerScore score;

    /// <summary>Tokens its answer shall have.</summary>
    public required int AnswerTokens { get; init; }

    /// <summary>How its tokens came so far.</summary>
    public ref AnswerScore Score => ref score;

    /// <summary>When it was sent; its arrival is when that was planned.</summary>
    public Instant SentAt { get; set; }

    /// <summary>Tokens of its prompt as the server counted them; null where it did not say.</summary>
    public int? ServedPromptTokens { get; set; }

    /// <summary>How it ended; null while it is on its way.</summary>
    public RequestEnd? End { get; set; }

    /// <summary>When it ended.</summary>
    public Instant EndedAt { get; set; }

    /// <summary>Why it did not complete, in few words; null when it did.</summary>
    public string? Failure { get; set; }

    /// <summary>Notes that tokens came, all at one moment.</summary>
    public void Tokens(int count, Instant at)
    {
        for (int i = 0; i < count; i++)
        {
            score.Token(this, at);
        }
    }
}
