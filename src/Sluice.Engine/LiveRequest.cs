using Sluice.Core.Requests;

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

    internal Choice(LiveRequest request, int index)
    {
        Request = request;
        Index = index;
        Sequence = new Sequence(request, index);
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

    internal void Append(int token) => answer.Add(token);
}
