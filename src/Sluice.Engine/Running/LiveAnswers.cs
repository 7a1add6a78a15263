using Sluice.Core;

namespace Sluice.Engine.Running;

/// <summary>The answers being written: from a token to an event, and to the one end that each of them has.</summary>
internal sealed class LiveAnswers(IModelRunner runner, NotedScheduler scheduler, EngineTally tally, EngineOptions options)
{
    private readonly SortedDictionary<long, LiveRequest> live = [];
    private readonly List<(Choice Choice, GenerationEvent Last)> done = [];
    private readonly List<Choice> ended = [];

    /// <summary>Those whose reader is behind.</summary>
    public SlowReaders Slow { get; } = new(scheduler, options.ReaderPatience);

    /// <summary>Requests that have not ended, by arrival.</summary>
    public IReadOnlyCollection<LiveRequest> Requests => live.Values;

    /// <summary>Choices that wait for the first one of their request to compute the prompt.</summary>
    public int NotAdded { get; private set; }

    /// <summary>A request arrives: its first choice at once, and the others when they can share what that has computed.</summary>
    public void Add(LiveRequest request, Instant now)
    {
        tally.Started();
        live.Add(request.Id, request);
        request.Open = request.Choices.Count;
        bool canShare = request.Blocks.Names.Length > 0;
        NotAdded += request.Choices.Count;
        foreach (Choice choice in request.Choices)
        {
            if (choice.Index == 0 || !canShare)
            {
                Add(choice, now);
            }
        }
    }

    /// <summary>A token of an answer is there. If it is the last, the answer ends with <see cref="EndDone"/>.</summary>
    public void Deliver(Choice choice, in SampledToken token, Instant now)
    {
        LiveRequest request = choice.Request;
        choice.Append(token.Id);
        bool isEnd = request.Asked.Sampling.MayEnd && runner.IsEnd(token.Id);
        string text = isEnd ? string.Empty : choice.Text.Append(runner.Piece(token.Id));
        Finish finish = isEnd || choice.Text.HasStopped ? Finish.Stop
            : choice.Sequence.Generated >= request.MaxAnswerTokens ? Finish.Length
            : Finish.None;
        if (finish != Finish.None)
        {
            text += choice.Text.Finish();
        }

        var happened = new GenerationEvent(choice.Index, text, 1, finish)
        {
            Sampled = request.Asked.Sampling.LogProbabilities ? [token] : null,
            IsStopText = !isEnd && choice.Text.HasStopped,
        };
        if (finish != Finish.None)
        {
            done.Add((choice, happened));
            return;
        }

        request.Events.Write(happened);
        AddOthers(request, now);
        if (request.Events.IsFull)
        {
            Slow.Pause(choice, now);
        }
    }

    /// <summary>All tokens of a step are there: ends the answers that are whole, by arrival, as the simulator does.</summary>
    public void EndDone(Instant now)
    {
        done.Sort(static (a, b) => a.Choice.Sequence.Order.CompareTo(b.Choice.Sequence.Order));
        foreach ((Choice choice, GenerationEvent last) in done)
        {
            End(choice, last, now);
        }

        done.Clear();
    }

    /// <summary>Ends every choice of a request that has not ended.</summary>
    public void End(LiveRequest request, Finish finish, Instant now, string? error = null, Refusal? refusal = null)
    {
        // The first one last: while it lives, none of the others is let in.
        foreach (Choice choice in request.Choices.Reverse())
        {
            End(choice, finish, now, error, refusal);
        }
    }

    /// <summary>Ends a choice, unless it has ended.</summary>
    public void End(Choice choice, Finish finish, Instant now, string? error = null, Refusal? refusal = null)
    {
        if (!choice.HasEnded)
        {
            string text = choice.Text.Finish();
            End(choice, new GenerationEvent(choice.Index, text, 0, finish) { Error = error, Refusal = refusal }, now);
        }
    }

    /// <summary>Ends what was given up for: readers that are too slow.</summary>
    public void Look(Instant now)
    {
        while (Slow.Look(now) is { } lost)
        {
            End(lost, Finish.Cancelled, now);
        }
    }

    /// <summary>The request with this number, unless it has ended.</summary>
    public LiveRequest? Find(long id) => live.GetValueOrDefault(id);

    /// <summary>The journal of those who ended has been done: the runner may forget them.</summary>
    public void Release()
    {
        foreach (Choice choice in ended)
        {
            runner.Release(choice);
        }

        ended.Clear();
    }

    /// <summary>The engine is broken: tells every reader, and leaves scheduler and runner alone.</summary>
    public void LoseAll(string fault)
    {
        foreach (LiveRequest request in live.Values)
        {
            Lose(request, fault);
        }

        live.Clear();
    }

    /// <summary>Tells the reader of a request that there is no engine any more.</summary>
    public static void Lose(LiveRequest request, string fault)
    {
        foreach (Choice choice in request.Choices.Where(choice => !choice.HasEnded))
        {
            choice.HasEnded = true;
            request.Events.Write(new GenerationEvent(choice.Index, string.Empty, 0, Finish.Failed)
            {
                Error = fault,
                Refusal = Refusal.Stopping,
            });
        }

        request.Events.Complete();
    }

    private void Add(Choice choice, Instant now)
    {
        choice.IsAdded = true;
        NotAdded--;
        scheduler.Add(choice.Sequence, now);
    }

    private void AddOthers(LiveRequest request, Instant now)
    {
        foreach (Choice choice in request.Choices)
        {
            if (!choice.IsAdded && !choice.HasEnded)
            {
                Add(choice, now);
            }
        }
    }

    private void End(Choice choice, GenerationEvent last, Instant now)
    {
        LiveRequest request = choice.Request;
        choice.HasEnded = true;
        Slow.Remove(choice);
        if (choice.IsAdded)
        {
            scheduler.End(choice.Sequence);
            ended.Add(choice);
        }
        else
        {
            NotAdded--;
        }

        request.Events.Write(last);
        request.WorstEnd = last.Finish > request.WorstEnd ? last.Finish : request.WorstEnd;
        if (--request.Open == 0)
        {
            live.Remove(request.Id);
            tally.Ended(request.WorstEnd);
            request.Events.Complete();
        }
        else if (choice.Index == 0)
        {
            AddOthers(request, now);
        }
    }
}
