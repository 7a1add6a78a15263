using Sluice.Core;
using Sluice.Engine;
using Sluice.Gateway.Measures;

namespace Sluice.Gateway.Admission;

/// <summary>A request that an engine has taken: its events, with the router and the metrics told of each.</summary>
/// <remarks>One reader. To be disposed at the end, whatever happened: what has not ended by then is cancelled.</remarks>
internal sealed class Ticket : IDisposable
{
    private readonly Dispatcher dispatcher;
    private readonly RoutedRequest request;
    private readonly ClassMetrics metrics;
    private readonly Instant?[] lastToken;
    private int open;
    private bool isCut;
    private int offTheBooks;

    public Ticket(Dispatcher dispatcher, RoutedRequest request, ClassMetrics metrics, Instance instance, Generation generation, int choices)
    {
        this.dispatcher = dispatcher;
        this.request = request;
        this.metrics = metrics;
        Instance = instance;
        Generation = generation;
        lastToken = new Instant?[choices];
        open = choices;
    }

    /// <summary>Who serves it.</summary>
    public Instance Instance { get; }

    /// <summary>Its answers.</summary>
    public Generation Generation { get; }

    /// <summary>Tokens that came, of all its answers.</summary>
    public int Tokens { get; private set; }

    /// <summary>From its arrival to the first step that held any of it; known from the first event on.</summary>
    public TimeSpan Queued { get; set; }

    /// <summary>Told once at the end, unless it failed: the mean tokens of its answers, and whether something else than the model ended one.</summary>
    public Action<double, bool>? WhenEnded { get; set; }

    /// <summary>Waits for an event; false when there will be none.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancel) => Generation.Events.WaitToReadAsync(cancel);

    /// <summary>The next event, if it is there.</summary>
    public bool TryRead(out GenerationEvent what)
    {
        if (!Generation.Events.TryRead(out GenerationEvent? read))
        {
            what = null!;
            return false;
        }

        what = read;
        Note(read);
        return true;
    }

    /// <summary>The client is gone.</summary>
    public void Cancel() => Generation.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Volatile.Read(ref offTheBooks) == 0)
        {
            Generation.Cancel();
            Leave(Outcome.Cancelled);
        }
    }

    private void Note(GenerationEvent what)
    {
        Instant now = dispatcher.Now;
        if (what.Tokens > 0)
        {
            if (Tokens == 0)
            {
                dispatcher.PrefillFinished(request);
                metrics.FirstToken.Add((now - request.Arrival).TotalSeconds);
                metrics.Queue.Add((Queued = request.SentAt - request.Arrival + Generation.Queued).TotalSeconds);
            }

            if (lastToken[what.Choice] is { } last)
            {
                metrics.NextToken.Add((now - last).TotalSeconds / what.Tokens, what.Tokens);
            }

            lastToken[what.Choice] = now;
            Tokens += what.Tokens;
            metrics.AnswerTokens.Add(what.Tokens);
        }

        isCut |= what.Finish is Finish.Length or Finish.Cancelled || what.IsStopText;
        if (what.Finish == Finish.None || --open > 0)
        {
            return;
        }

        switch (what.Finish)
        {
            case Finish.Cancelled:
                Leave(Outcome.Cancelled);
                break;
            case Finish.Failed:
                Leave(what.Refusal is null ? Outcome.Failed : Outcome.Refused);
                break;
            default:
                if (Leave(Outcome.Completed))
                {
                    metrics.EndToEnd.Add((now - request.Arrival).TotalSeconds);
                }

                break;
        }
    }

    /// <summary>Takes it off the books, once: a pump may still read its last event while it is disposed of.</summary>
    private bool Leave(Outcome outcome)
    {
        if (Interlocked.Exchange(ref offTheBooks, 1) == 1)
        {
            return false;
        }

        metrics.Ended(outcome);
        dispatcher.Ended(request, outcome, Tokens / Math.Max(lastToken.Length, 1));
        if (outcome is Outcome.Completed or Outcome.Cancelled)
        {
            WhenEnded?.Invoke((double)Tokens / lastToken.Length, isCut || outcome == Outcome.Cancelled);
        }

        return true;
    }
}
