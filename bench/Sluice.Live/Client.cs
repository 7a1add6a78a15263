using System.Diagnostics;
using Sluice.Core.Requests;
using Sluice.Engine;

namespace Sluice.Live;

/// <summary>One client of an engine, and when its tokens came.</summary>
internal sealed class Client
{
    private readonly List<double> tokens = [];
    private readonly List<int> ids = [];
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long origin;
    private Generation? generation;

    private Client(double arrival, long origin)
    {
        Arrival = arrival;
        this.origin = origin;
    }

    /// <summary>When it asked, ms since the origin.</summary>
    public double Arrival { get; }

    /// <summary>When its tokens came, ms since the origin.</summary>
    public IReadOnlyList<double> Tokens => tokens;

    /// <summary>The tokens, where log probabilities were asked for.</summary>
    public IReadOnlyList<int> Ids => ids;

    /// <summary>How the answer ended.</summary>
    public Finish Finish { get; private set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; private set; }

    /// <summary>Its end.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Its first token, or its end.</summary>
    public Task FirstToken => first.Task;

    /// <summary>Time to its first token, ms; not a number when there was none.</summary>
    public double Ttft => tokens.Count > 0 ? tokens[0] - Arrival : double.NaN;

    /// <summary>Waits between its tokens, ms.</summary>
    public IEnumerable<double> Gaps => tokens.Zip(tokens.Skip(1), (earlier, later) => later - earlier);

    /// <summary>A class with these promises, ms.</summary>
    public static ServiceClass Class(string name, double weight, double ttft, double tpot) => new()
    {
        Name = name,
        Weight = weight,
        Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot)),
    };

    /// <summary>A request that goes on to its last token, always the likeliest.</summary>
    public static GenerationRequest Request(int[] prompt, int answer, ServiceClass its, bool withIds = false) => new()
    {
        Prompt = prompt,
        Class = its,
        MaxTokens = answer,
        Sampling = new SamplingOptions { Temperature = 0, MayEnd = false, LogProbabilities = withIds },
    };

    /// <summary>Asks, and reads until the end.</summary>
    /// <param name="engine">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="origin">The stopwatch's timestamp from which times count.</param>
    /// <param name="arrival">When it was to ask, ms since the origin; null for now. Its deadlines count from then.</param>
    public static Client Ask(LiveEngine engine, GenerationRequest request, long origin, double? arrival = null)
    {
        double now = Since(origin);
        var client = new Client(arrival ?? now, origin);
        client.generation = engine.Start(request with { Waited = TimeSpan.FromMilliseconds(Math.Max(now - client.Arrival, 0)) });
        client.Ended = client.ReadAsync();
        return client;
    }

    /// <summary>Milliseconds since a timestamp of the stopwatch.</summary>
    public static double Since(long origin) => Stopwatch.GetElapsedTime(origin).TotalMilliseconds;

    /// <summary>Gives up.</summary>
    public void Cancel() => generation!.Cancel();

    /// <summary>Waits until so many tokens have come, or the answer has ended.</summary>
    public async Task TokensAsync(int count)
    {
        while (tokens.Count < count && !Ended.IsCompleted)
        {
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        await foreach (GenerationEvent happened in generation!.Events.ReadAllAsync().ConfigureAwait(false))
        {
            double now = Since(origin);
            for (int i = 0; i < happened.Tokens; i++)
            {
                tokens.Add(now);
            }

            foreach (SampledToken token in happened.Sampled ?? [])
            {
                ids.Add(token.Id);
            }

            if (happened.Tokens > 0)
            {
                first.TrySetResult();
            }

            Finish = happened.Finish;
            Error = happened.Error;
        }

        first.TrySetResult();
    }
}
