namespace Sluice.Engine.Running;

/// <summary>What others want of the engine's thread, in the order in which they said it.</summary>
internal sealed class Inbox : IDisposable
{
    private readonly Lock gate = new();
    private readonly AutoResetEvent news = new(false);
    private readonly Queue<LiveRequest> arrivals = new();
    private List<Action<EngineLoop>> posts = [];
    private List<Action<EngineLoop>> taken = [];
    private int starting;

    /// <summary>Answers that were posted and not yet taken in.</summary>
    public int Starting => Volatile.Read(ref starting);

    public void Post(Action<EngineLoop> post)
    {
        lock (gate)
        {
            posts.Add(post);
        }

        Wake();
    }

    public void PostStart(LiveRequest request)
    {
        lock (gate)
        {
            starting += request.Choices.Count;
            arrivals.Enqueue(request);
        }

        Wake();
    }

    /// <summary>Something has changed that the engine should look at.</summary>
    public void Wake() => news.Set();

    /// <summary>Waits for news, at most <paramref name="most"/>.</summary>
    public void Wait(EngineClock clock, TimeSpan most) => clock.Wait(news, most);

    /// <summary>A request that has arrived; null when there is none.</summary>
    public LiveRequest? TakeStart()
    {
        lock (gate)
        {
            if (!arrivals.TryDequeue(out LiveRequest? request))
            {
                return null;
            }

            starting -= request.Choices.Count;
            return request;
        }
    }

    /// <summary>Everything else that was posted, to be done before the next call.</summary>
    public IReadOnlyList<Action<EngineLoop>> Take()
    {
        taken.Clear();
        lock (gate)
        {
            (posts, taken) = (taken, posts);
        }

        return taken;
    }

    public void Dispose() => news.Dispose();
}
