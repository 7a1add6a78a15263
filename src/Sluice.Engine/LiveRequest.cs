using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Engine.Answers;

namespace Sluice.Engine;

/// <summary>A request in a live engine: what Core knows of it, its tokens, and its choices.</summary>
public sealed class LiveRequest : Request
{
    /// <summary>The prompt's token ids.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>What was asked.</summary>
    public required GenerationRequest Asked { get; init; }

    /// <summary>Its answers, one sequence each.</summary>
    public IReadOnlyList<Choice> Choices { get; internal set; } = [];

    /// <summary>What its caller holds. Set for every request of an engine.</summary>
    internal Generation Generation { get; init; } = null!;

    /// <summary>Where its events go. Set for every request of an engine.</summary>
    internal EventQueue Events { get; init; } = null!;

    /// <summary>Choices that have not ended.</summary>
    internal int Open { get; set; }

    /// <summary>The worst of the ends of its choices so far.</summary>
    internal Finish WorstEnd { get; set; }

    /// <summary>The choice whose sequence this is.</summary>
    public static Choice ChoiceOf(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        var request = (LiveRequest)sequence.Request;
        return request.Choices[(int)(sequence.Order % Sequence.MostPerRequest)];
    }
}

/// <summary>One answer of a live request while it is being written.</summary>
public sealed class Choice
{
    private readonly List<int> answer = [];

    internal Choice(LiveRequest request, int index, StopTexts? stops = null)
    {
        Request = request;
        Index = index;
        Sequence = new Sequence(request, index);
        Text = new AnswerText(stops ?? StopTexts.None);
    }

    /// <summary>Whose answer it is.</summary>
    public LiveRequest Request { get; }

    /// <summary>Which of the request's answers, from 0.</summary>
    public int Index { get; }

    /// <summary>What the scheduler sees.</summary>
    public Sequence Sequence { get; }

    /// <summary>The tokens of the answer so far.</summary>
    public IReadOnlyList<int> Answer => answer;

    /// <summary>What the runner keeps for it: a sampler, a sequence id.</summary>
    public object? RunnerState { get; set; }

    /// <summary>The token at a position, prompt first.</summary>
    public int TokenAt(int position) =>
        position < Request.Prompt.Length ? Request.Prompt[position] : answer[position - Request.Prompt.Length];

    /// <summary>Its text on the way to the reader.</summary>
    internal AnswerText Text { get; }

    /// <summary>Whether the scheduler knows it.</summary>
    internal bool IsAdded { get; set; }

    /// <summary>Whether it has had its last event.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>Since when it waits for its reader; null while it does not.</summary>
    internal Instant? PausedAt { get; set; }

    internal void Append(int token) => answer.Add(token);
}
