using System.Threading.Channels;
using Sluice.Engine;

namespace Sluice.Gateway.Admission;

/// <summary>The tickets of one call, one a prompt, and their events in the order in which they come.</summary>
internal sealed class TicketGroup : IDisposable
{
    private readonly Channel<(int, GenerationEvent)>? merged;
    private readonly IReadOnlyList<Ticket> tickets;
    private readonly CancellationTokenSource ended = new();

    public TicketGroup(IReadOnlyList<Ticket> tickets)
    {
        this.tickets = tickets;
        if (tickets.Count > 1)
        {
            // One event ahead for each prompt: a slow reader is felt by the engines almost at once.
            merged = Channel.CreateBounded<(int, GenerationEvent)>(tickets.Count);
            _ = PumpAllAsync(merged.Writer);
        }
    }

    /// <summary>One a prompt.</summary>
    public IReadOnlyList<Ticket> Tickets => tickets;

    /// <summary>Waits for an event; false when there will be none.</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancel) =>
        merged is null ? tickets[0].WaitToReadAsync(cancel) : merged.Reader.WaitToReadAsync(cancel);

    /// <summary>The next event and the prompt it belongs to, if it is there.</summary>
    public bool TryRead(out int prompt, out GenerationEvent what)
    {
        prompt = 0;
        if (merged is null)
        {
            return tickets[0].TryRead(out what);
        }

        bool isThere = merged.Reader.TryRead(out (int Prompt, GenerationEvent What) read);
        (prompt, what) = read;
        return isThere;
    }

    /// <summary>The client is gone.</summary>
    public void Cancel()
    {
        foreach (Ticket ticket in tickets)
        {
            ticket.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ended.Cancel();
        foreach (Ticket ticket in tickets)
        {
            ticket.Dispose();
        }

        ended.Dispose();
    }

    private async Task PumpAllAsync(ChannelWriter<(int, GenerationEvent)> writer)
    {
        CancellationToken cancel = ended.Token;
        try
        {
            await Task.WhenAll(tickets.Select((ticket, prompt) => PumpAsync(ticket, prompt, writer, cancel)));
            writer.Complete();
        }
        catch (OperationCanceledException)
        {
            writer.Complete();
        }
    }

    private static async Task PumpAsync(
        Ticket ticket, int prompt, ChannelWriter<(int, GenerationEvent)> writer, CancellationToken cancel)
    {
        while (await ticket.WaitToReadAsync(cancel))
        {
            while (ticket.TryRead(out GenerationEvent what))
            {
                await writer.WriteAsync((prompt, what), cancel);
            }
        }
    }
}
