namespace Sluice.Engine.Running;

/// <summary>What others want of the engine's thread, in the order in which they said it.</summary>
internal sealed class Inbox : IDisposable
{
    private readonly Lock gate = new();
    private readonly AutoResetEvent news = new(false);
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
        Interlocked.Add(ref starting, request.Choices.Count);
        Post(loop =>
        {
            loop.Add(request);
            Interlocked.Add(ref starting, -request.Choices.Count);
        });
    }

    /// <summary>Something has changed that the engine should look at.</summary>
    public void Wake() => news.Set();

    /// <summary>Waits for news, at most <paramref name="most"/>.</summary>
    public void Wait(TimeSpan most) => news.WaitOne(most);

    /// <summary>Does what was posted.</summary>
    public void Take(EngineLoop loop)
    {
        lock (gate)
        {
            if (posts.Count == 0)
            {
                return;
            }

            (posts, taken) = (taken, posts);
        }

        foreach (Action<EngineLoop> post in taken)
        {
            post(loop);
        }

        taken.Clear();
    }

    public void Dispose() => news.Dispose();
}
