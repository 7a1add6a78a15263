using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Engine;
using Sluice.Gateway.Measures;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Admission;

/// <summary>Sends requests to embedded engines as the router decides, and tells the router of all that happens.</summary>
/// <remarks>
/// The router belongs to one lock, under which nothing waits. Requests it holds wait here, not in an engine, until an event (or the
/// clock that ticks while any is held) lets them go.
/// </remarks>
internal sealed class Dispatcher : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly long started = Stopwatch.GetTimestamp();
    private readonly Lock books = new();
    private readonly Router router;
    private readonly EndRate ends = new();
    private readonly PromptNames names;
    private readonly List<RoutedRequest> held = [];
    private readonly GatewayMetrics metrics;
    private readonly int mostHeld;
    private readonly Timer clock;
    private long lastId;
    private bool isClosed;

    public Dispatcher(IReadOnlyList<Instance> instances, RoutingPolicyChoice routing, GatewayMetrics metrics, int mostHeld)
    {
        Instances = instances;
        this.metrics = metrics;
        this.mostHeld = mostHeld;
        names = new PromptNames(instances[0].Engine.Model.Facts.Kv.BlockSize);
        router = new Router(
            routing.Create(new RoutingPolicyContext { Instances = instances.Count }),
            [.. instances.Select(LedgerOf)]);
        clock = new Timer(_ => LetGo(), null, Tick, Tick);
    }

    /// <summary>The engines.</summary>
    public IReadOnlyList<Instance> Instances { get; }

    /// <summary>The present moment on the gateway's clock.</summary>
    public Instant Now => new(Stopwatch.GetElapsedTime(started).Ticks);

    /// <summary>Requests that wait here.</summary>
    public int Held
    {
        get
        {
            lock (books)
            {
                return router.Held;
            }
        }
    }

    /// <summary>Requests that were sent to an engine and have not ended.</summary>
    public int Outstanding
    {
        get
        {
            lock (books)
            {
                return router.Outstanding;
            }
        }
    }

    /// <summary>Whether new requests are taken.</summary>
    public bool IsOpen => !Volatile.Read(ref isClosed);

    /// <summary>Takes nothing new from now on; what is held or out there goes on.</summary>
    public void Close() => Volatile.Write(ref isClosed, true);

    /// <summary>Whole seconds after which a request that is refused now should be tried again.</summary>
    public int RetryAfterSeconds
    {
        get
        {
            int waiting = Instances.Sum(instance => instance.Engine.State.Waiting);
            lock (books)
            {
                return ends.SecondsFor(router.Held + waiting + 1, TimeSpan.FromTicks(Now.Ticks));
            }
        }
    }

    /// <summary>Waits until the router sends the request somewhere, and starts it there.</summary>
    /// <param name="asked">What is asked.</param>
    /// <param name="arrival">When it came.</param>
    /// <param name="gone">The client is gone.</param>
    /// <exception cref="ApiException">Too many are held, it was held too long, or the gateway stops.</exception>
    /// <exception cref="GenerationRefusedException">The engine cannot serve it.</exception>
    public async Task<Ticket> StartAsync(GenerationRequest asked, Instant arrival, CancellationToken gone)
    {
        ClassMetrics its = metrics.Of(asked.Class.Name);
        its.Started();
        RoutedRequest? request = null;
        try
        {
            RequireServable(asked);
            request = Enter(asked, names.Of(asked.Prompt, asked.Client), arrival);
            int index = await DestinationAsync(request, gone);
            Instance instance = Instances[index];
            request.SentAt = Now;
            Generation generation = instance.Engine.Start(asked with { Waited = request.SentAt - request.Arrival });
            its.PromptTokens.Add(generation.PromptTokens);
            return new Ticket(this, request, its, instance, generation, asked.Choices);
        }
        catch (Exception error)
        {
            Outcome outcome = error is OperationCanceledException ? Outcome.Cancelled : Outcome.Refused;
            its.Ended(outcome);
            if (request is not null)
            {
                Ended(request, outcome, 0);
            }

            throw;
        }
    }

    /// <summary>The first token of a request is out.</summary>
    public void PrefillFinished(RoutedRequest request)
    {
        lock (books)
        {
            router.PrefillFinished(request, Now);
            SendHeld();
        }
    }

    /// <summary>A request has ended, wherever it was.</summary>
    public void Ended(RoutedRequest request, Outcome outcome, int answerTokens)
    {
        lock (books)
        {
            Instant now = Now;
            held.Remove(request);
            bool wasKnown = outcome == Outcome.Completed
                ? router.Finished(request, now, Math.Max(answerTokens, 1))
                : router.Cancelled(request, now);
            if (wasKnown)
            {
                ends.Add(TimeSpan.FromTicks(now.Ticks));
            }

            SendHeld();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => clock.DisposeAsync();

    private static Ledger LedgerOf(Instance instance, int index)
    {
        ModelFacts model = instance.Engine.Model.Facts;
        return new Ledger(index, InstanceRole.Both, model.Latency)
        {
            BlockTokens = model.Kv.BlockSize,
            Blocks = model.Kv.DeviceBlocks,
            Seats = instance.Engine.Seats,
            TakesTurns = instance.Engine.TakesTurns,
        };
    }

    /// <summary>What cannot be served by each of the engines is refused before it is held, where it might wait without end.</summary>
    private void RequireServable(GenerationRequest asked)
    {
        foreach (Instance instance in Instances)
        {
            instance.Engine.RequireServable(asked);
        }
    }

    private RoutedRequest Enter(GenerationRequest asked, PromptBlocks blocks, Instant arrival)
    {
        lock (books)
        {
            if (isClosed)
            {
                throw ApiException.Of(Refusal.Stopping, null, "The server is stopping. Send the request to another one.");
            }

            if (router.Held >= mostHeld)
            {
                throw ApiException.Of(Refusal.Full, null, $"{mostHeld} requests wait already. Try again later.");
            }

            RoutedRequest request = new()
            {
                Id = ++lastId,
                Arrival = arrival,
                PromptTokens = asked.Prompt.Length,
                Class = asked.Class,
                MaxAnswerTokens = asked.MaxTokens ?? int.MaxValue,
                Estimate = asked.Estimate,
                Client = asked.Client,
                Blocks = blocks,
            };
            LookAtEngines();
            if (router.Choose(request, Now) is { } route)
            {
                request.Destination.SetResult(route.Prefill);
            }
            else if (router.IsHeld(request))
            {
                held.Add(request);
            }
            else
            {
                throw NoInstance();
            }

            SendHeld();
            return request;
        }
    }

    private async Task<int> DestinationAsync(RoutedRequest request, CancellationToken gone)
    {
        if (request.Destination.Task.IsCompletedSuccessfully)
        {
            return await request.Destination.Task;
        }

        TimeSpan patience = Timeout.InfiniteTimeSpan;
        if (request.Class.TimeToLive is { } life)
        {
            TimeSpan left = request.Arrival + life - Now;
            patience = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        try
        {
            return await request.Destination.Task.WaitAsync(patience, gone);
        }
        catch (TimeoutException)
        {
            throw ApiException.Of(
                Refusal.Expired, null, $"The request waited longer than the {request.Class.TimeToLive} its class allows. Try again later.");
        }
    }

    private void LetGo()
    {
        lock (books)
        {
            SendHeld();
        }
    }

    /// <summary>Sends what there is room for now; when no engine is left, those who wait are told.</summary>
    private void SendHeld()
    {
        if (router.Held == 0)
        {
            return;
        }

        LookAtEngines();
        while (router.Release(Now) is { } released)
        {
            RoutedRequest request = (RoutedRequest)released.Request;
            held.Remove(request);
            request.Destination.TrySetResult(released.Route.Prefill);
        }

        if (!router.Fleet.IsOpen)
        {
            held.ForEach(request => request.Destination.TrySetException(NoInstance()));
            held.Clear();
        }
    }

    private static ApiException NoInstance() =>
        new(503, "server_error", "No instance serves this model now. Try again later.", null, "no_instance")
        {
            DroppedReason = "rejected-no-endpoints",
        };

    /// <summary>Notes free blocks, and which engines have failed.</summary>
    private void LookAtEngines()
    {
        for (int i = 0; i < Instances.Count; i++)
        {
            EngineState state = Instances[i].Engine.State;
            if (state.Fault is not null && router.Fleet.All[i].IsUp)
            {
                router.InstanceDown(i);
            }

            if (state.DeviceBlocks > 0)
            {
                router.ReportFreeBlocks(i, state.FreeBlocks);
            }
        }
    }
}
