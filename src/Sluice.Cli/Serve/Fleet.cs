using Sluice.Gateway.Admission;

namespace Sluice.Cli.Serve;

/// <summary>The engines of one server, and what they run on.</summary>
/// <param name="instances">The engines, all of one model.</param>
/// <param name="description">What they are, to follow the model's name and their number.</param>
/// <param name="owned">What must outlive them.</param>
internal sealed class Fleet(IReadOnlyList<Instance> instances, string description, IDisposable? owned = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The engines.</summary>
    public IReadOnlyList<Instance> Instances { get; } = instances;

    /// <summary>What they are.</summary>
    public string Description { get; } = description;

    /// <summary>Cancels whatever they still do, and ends them.</summary>
    public Task StopAsync() =>
        Task.WhenAll(Instances.Select(instance => instance.Engine.StopAsync(TimeSpan.Zero))).WaitAsync(Patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        owned?.Dispose();
    }
}
