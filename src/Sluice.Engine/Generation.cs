using System.Threading.Channels;

namespace Sluice.Engine;

/// <summary>How an answer ended.</summary>
public enum Finish
{
    /// <summary>Not yet.</summary>
    None,

    /// <summary>The model ended it, or a stop text came (OpenAI's <c>stop</c>).</summary>
    Stop,

    /// <summary>The limit of tokens or the context was reached (<c>length</c>).</summary>
    Length,

    /// <summary>The client cancelled it, or read too slowly.</summary>
    Cancelled,

    /// <summary>The engine gave it up: <see cref="GenerationEvent.Refusal"/> says why, null when the library failed.</summary>
    Failed,
}

/// <summary>Something that happened to one answer: text came, or it ended. The last event of a choice has a <see cref="Finish"/>.</summary>
/// <param name="Choice">Which answer, from 0.</param>
/// <param name="Text">New text, whole characters only; may be empty.</param>
/// <param name="Tokens">Tokens that came since the last event, 0 or more (text may wait for its last byte).</param>
/// <param name="Finish">How it ended; <see cref="Engine.Finish.None"/> while it goes on.</param>
public sealed record GenerationEvent(int Choice, string Text, int Tokens, Finish Finish = Finish.None)
{
    /// <summary>With log probabilities: one for each token of this event, in order; null when nobody asked.</summary>
    public IReadOnlyList<SampledToken>? Sampled { get; init; }

    /// <summary>Whether a stop text ended it, not the model.</summary>
    public bool IsStopText { get; init; }

    /// <summary>Why it failed, a sentence for the client; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Why the engine gave it up.</summary>
    public Refusal? Refusal { get; init; }
}

/// <summary>A request that an engine has taken.</summary>
public sealed class Generation
{
    private readonly Action<Generation> cancel;

    internal Generation(long id, int promptTokens, ChannelReader<GenerationEvent> events, Action<Generation> cancel)
    {
        Id = id;
        PromptTokens = promptTokens;
        Events = events;
        this.cancel = cancel;
    }

    /// <summary>Unique in its engine.</summary>
    public long Id { get; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Prompt tokens that had not to be computed, known from the first event on.</summary>
    public int CachedTokens { get; internal set; }

    /// <summary>From its coming here to the start of the first step that held any of it; known from the first event on.</summary>
    public TimeSpan Queued { get; internal set; }

    /// <summary>
    /// What happens to its answers. Completes after every choice had its last event. Bounded: who does not read pauses the answer, and
    /// loses it after a time.
    /// </summary>
    public ChannelReader<GenerationEvent> Events { get; }

    /// <summary>The client is gone: nothing more is computed from the next step on. Harmless after the end.</summary>
    public void Cancel() => cancel(this);
}
