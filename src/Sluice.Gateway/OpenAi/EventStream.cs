using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Sluice.Gateway.OpenAi;

/// <summary>Server-sent events: one <c>data:</c> line of JSON each, and a blank line.</summary>
/// <remarks>Slow readers of a stream are judged here by one patience, those of all other replies by Kestrel's least rate.</remarks>
internal sealed class EventStream : IDisposable
{
    private readonly HttpContext http;
    private readonly PipeWriter output;
    private readonly Utf8JsonWriter json;
    private readonly TimeSpan patience;

    /// <summary>Begins a stream; from now on the status cannot change.</summary>
    /// <param name="http">Whose response.</param>
    /// <param name="patience">How long a reader may take nothing before the connection is cut.</param>
    public EventStream(HttpContext http, TimeSpan patience)
    {
        this.http = http;
        this.patience = patience;
        output = http.Response.BodyWriter;
        json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = OpenAiJson.Readable.Options.Encoder });
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Adds an event; it leaves with the next <see cref="FlushAsync"/>.</summary>
    public void Add(Action<Utf8JsonWriter> write)
    {
        Write("data: "u8);
        json.Reset(output);
        write(json);
        json.Flush();
        Write("\n\n"u8);
    }

    /// <summary>Adds the mark at the end of a stream.</summary>
    public void AddDone() => Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what was added. A reader that takes nothing for too long loses the connection.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or was too slow.</exception>
    public async Task FlushAsync()
    {
        ValueTask<FlushResult> flush = output.FlushAsync(http.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await flush.AsTask().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            http.Abort();
            throw new OperationCanceledException("The client read too slowly.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => json.Dispose();

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }
}
