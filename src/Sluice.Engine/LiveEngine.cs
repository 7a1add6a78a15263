using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Engine.Answers;
using Sluice.Engine.Running;

namespace Sluice.Engine;

/// <summary>The same scheduler as in the simulator, under a real model and a real clock: one thread owns both.</summary>
/// <remarks>
/// Others post to its inbox (start, cancel, look), and it looks there once per step. Tokens leave through bounded channels.
/// </remarks>
public sealed class LiveEngine : IAsyncDisposable
{
    private readonly EngineOptions options;
    private readonly EngineLoop loop;
    private readonly PromptNames names;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long requests;
    private bool isStopping;

    /// <summary>Starts an engine. It owns the runner from now on.</summary>
    /// <exception cref="ArgumentException">An option cannot be; the message says which.</exception>
    public LiveEngine(IModelRunner runner, EngineOptions options)
        : this(runner, options, new EngineClock())
    {
    }

    internal LiveEngine(IModelRunner runner, EngineOptions options, EngineClock clock)
    {
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Checked();
        Model = runner;
        names = new PromptNames(runner.Facts.Kv.BlockSize);
        loop = new EngineLoop(runner, options, clock);
        new Thread(Run) { IsBackground = true, Name = $"engine of {runner.Facts.Name}" }.Start();
    }

    /// <summary>The model it runs, for text functions and facts.</summary>
    public IModelRunner Model { get; }

    /// <summary>How it stands, as of its last step. Never waits.</summary>
    public EngineState State => loop.State;

    /// <summary>The most sequences it runs at once.</summary>
    public int Seats => loop.Seats;

    /// <summary>Whether more answers than its memory holds may be sent to it (<see cref="Core.Batching.IBatchPolicy.TakesTurns"/>).</summary>
    public bool TakesTurns => loop.TakesTurns;

    /// <summary>Looks whether a request could ever be served here, without taking it; cheap, for whoever holds requests before.</summary>
    /// <exception cref="GenerationRefusedException">It cannot be served: which field, and what to do.</exception>
    public void RequireServable(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = RequestChecks.MostAnswerTokens(request, Model.Facts);
    }

    /// <summary>Takes a request.</summary>
    /// <exception cref="GenerationRefusedException">It cannot be served: which field, and what to do.</exception>
    public Generation Start(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int mostTokens = RequestChecks.MostAnswerTokens(request, Model.Facts);
        Model.Check(request);
        PromptBlocks blocks = Model.Facts.Kv.PrefixReuse ? names.Of(request.Prompt, request.Client) : PromptBlocks.Unknown;
        var stops = new StopTexts(request.Stop);
        lock (gate)
        {
            RequireOpen();
            RequireRoom();
            var events = new EventQueue(options.EventsAhead * request.Choices, loop.Inbox.Wake);
            var live = new LiveRequest
            {
                Id = requests++,
                Arrival = new Instant(loop.Clock.Now.Ticks - Math.Max(request.Waited.Ticks, 0)),
                PromptTokens = request.Prompt.Length,
                Class = request.Class,
                MaxAnswerTokens = mostTokens,
                Estimate = request.Estimate is { } estimate ? estimate with { MaxAnswerTokens = mostTokens } : null,
                Client = request.Client,
                Blocks = blocks,
                Prompt = request.Prompt,
                Asked = request,
                Events = events,
                Generation = new Generation(requests - 1, request.Prompt.Length, events, Cancel),
            };
            live.Choices = [.. Enumerable.Range(0, request.Choices).Select(index => new Choice(live, index, stops))];
            loop.Inbox.PostStart(live);
            return live.Generation;
        }
    }

    /// <summary>Takes nothing new, finishes what runs within <paramref name="drain"/>, ends the rest.</summary>
    /// <remarks>May be called again with less patience.</remarks>
    public Task StopAsync(TimeSpan drain)
    {
        lock (gate)
        {
            isStopping = true;
        }

        Instant until = loop.Clock.Now + drain;
        loop.Inbox.Post(loop => loop.StopBy(until));
        return ended.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero).ConfigureAwait(false);

    /// <summary>Asks something on the engine's thread, between two steps.</summary>
    internal Task<T> AskAsync<T>(Func<EngineLoop, T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Inbox.Post(loop =>
        {
            try
            {
                answer.SetResult(question(loop));
            }
            catch (InvalidOperationException broken)
            {
                answer.SetException(broken);
            }
        });
        return answer.Task;
    }

    private void Cancel(Generation generation) => loop.Inbox.Post(loop => loop.Cancel(generation.Id));

    private void Run()
    {
        loop.Run();
        ended.SetResult();
    }

    private void RequireOpen()
    {
        if (loop.State.Fault is { } fault)
        {
            throw new GenerationRefusedException(Refusal.Stopping, null, fault);
        }

        if (isStopping)
        {
            throw new GenerationRefusedException(Refusal.Stopping, null, "The server is stopping. Send the request to another one.");
        }
    }

    private void RequireRoom()
    {
        int waiting = loop.Inbox.Starting + loop.Waiting;
        if (waiting >= options.MostWaiting)
        {
            throw new GenerationRefusedException(
                Refusal.Full, null, $"{waiting} answers wait already, and no more than {options.MostWaiting} may. Try again later.");
        }
    }
}
