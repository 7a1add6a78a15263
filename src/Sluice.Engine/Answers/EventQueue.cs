using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Sluice.Engine.Answers;

/// <summary>The events of one request between engine and reader. Knows when the reader is behind, and calls when it has caught up.</summary>
/// <remarks>
/// The channel below has no limit of its own, so that an end can always be told. What keeps it short is the engine, which pauses
/// whoever writes when <see cref="IsFull"/>.
/// </remarks>
internal sealed class EventQueue : ChannelReader<GenerationEvent>
{
    private readonly Channel<GenerationEvent> channel = Channel.CreateUnbounded<GenerationEvent>(
        new UnboundedChannelOptions { SingleWriter = true });

    private readonly int most;
    private readonly Action caughtUp;
    private int pending;
    private int watched;

    /// <summary>An empty queue.</summary>
    /// <param name="most">Events from which it is full.</param>
    /// <param name="caughtUp">Called when a watched reader has read half of them.</param>
    public EventQueue(int most, Action caughtUp)
    {
        this.most = most;
        this.caughtUp = caughtUp;
    }

    /// <summary>Whether the reader is so far behind that nothing more should be written but an end.</summary>
    public bool IsFull => Volatile.Read(ref pending) >= most;

    /// <summary>Whether the reader has caught up so far that writing may go on.</summary>
    public bool HasRoom => Volatile.Read(ref pending) <= most / 2;

    /// <inheritdoc/>
    public override bool CanCount => true;

    /// <inheritdoc/>
    public override int Count => Volatile.Read(ref pending);

    /// <inheritdoc/>
    public override Task Completion => channel.Reader.Completion;

    public void Write(GenerationEvent happened)
    {
        Interlocked.Increment(ref pending);
        channel.Writer.TryWrite(happened);
    }

    /// <summary>Nothing comes any more.</summary>
    public void Complete() => channel.Writer.TryComplete();

    /// <summary>Asks to be called as soon as there is room again.</summary>
    public void Watch() => Interlocked.Exchange(ref watched, 1);

    /// <inheritdoc/>
    public override bool TryRead([MaybeNullWhen(false)] out GenerationEvent item)
    {
        if (!channel.Reader.TryRead(out item))
        {
            return false;
        }

        if (Interlocked.Decrement(ref pending) <= most / 2 && Interlocked.Exchange(ref watched, 0) == 1)
        {
            caughtUp();
        }

        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        channel.Reader.WaitToReadAsync(cancellationToken);
}
