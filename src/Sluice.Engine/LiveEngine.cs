using Sluice.Core.Batching;

namespace Sluice.Engine;

/// <summary>How a live engine behaves.</summary>
public sealed record EngineOptions
{
    /// <summary>The batching policy. Default <c>slide</c>.</summary>
    public BatchPolicyChoice Batching { get; init; } = BatchPolicies.Parse("slide");

    /// <summary>Most requests that wait before new ones are refused. Default 4096.</summary>
    public int MostWaiting { get; init; } = 4096;

    /// <summary>Events a choice may be ahead of its reader before it is paused. Default 256.</summary>
    public int EventsAhead { get; init; } = 256;

    /// <summary>How long a paused choice waits for its reader before it is cancelled. Default 30 s.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The same scheduler as in the simulator, under a real model and a real clock: one thread owns both.</summary>
/// <remarks>
/// Others post to its inbox (start, cancel, look), and it looks there once per step. Tokens leave through bounded channels.
/// </remarks>
public sealed class LiveEngine : IAsyncDisposable
{
    /// <summary>Starts an engine. It owns the runner from now on.</summary>
    public LiveEngine(IModelRunner runner, EngineOptions options) => throw new NotImplementedException();

    /// <summary>The model it runs, for text functions and facts.</summary>
    public IModelRunner Model => throw new NotImplementedException();

    /// <summary>Takes a request.</summary>
    /// <exception cref="GenerationRefusedException">It cannot be served: which field, and what to do.</exception>
    public Generation Start(GenerationRequest request) => throw new NotImplementedException();

    /// <summary>How it stands, as of its last step. Never waits.</summary>
    public EngineState State => throw new NotImplementedException();

    /// <summary>Takes nothing new, finishes what runs within <paramref name="drain"/>, cancels the rest.</summary>
    public Task StopAsync(TimeSpan drain) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
