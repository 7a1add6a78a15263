using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Measures;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Endpoints;

/// <summary>Gives every request its id, and every failure its status, its body and, where it helps, the time to come back.</summary>
internal sealed class ErrorReplies(RequestDelegate next, Dispatcher dispatcher, GatewayMetrics metrics, Action<string>? log)
{
    private const string IdHeader = "x-request-id";
    private const int LongestId = 128;

    /// <summary>Handles one request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        string id = IdOf(http.Request.Headers[IdHeader].ToString());
        http.Response.Headers[IdHeader] = id;
        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.ContentType is null && http.Response.StatusCode >= 400)
            {
                await WriteAsync(http, OfStatus(http));
            }
        }
        catch (ApiException failure) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, failure);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody reads a reply.
        }
        catch (OperationCanceledException)
        {
            http.Abort();
        }
        catch (BadHttpRequestException failure) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, new ApiException(failure.StatusCode, "invalid_request_error", failure.Message));
        }
        catch (Exception defect)
        {
            log?.Invoke($"request {id}: {http.Request.Method} {http.Request.Path}: {defect}");
            if (http.Response.HasStarted)
            {
                http.Abort();
            }
            else
            {
                await WriteAsync(http, new ApiException(
                    500, "server_error", $"The server has a defect. Report it with the request id {id}.", null, "internal_error"));
            }
        }
    }

    private static string IdOf(string given) =>
        given.Length is > 0 and <= LongestId && given.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or ':')
            ? given
            : $"req-{Guid.NewGuid():N}";

    private static ApiException OfStatus(HttpContext http) => http.Response.StatusCode switch
    {
        404 => ApiException.NotFound(null, $"There is nothing at {http.Request.Path}. See docs/serving.md for what is served.", "not_found"),
        405 => new ApiException(
            405, "invalid_request_error", $"{http.Request.Method} is not for {http.Request.Path}. Use {http.Response.Headers.Allow}.", null, "method_not_allowed"),
        int status => new ApiException(status, "invalid_request_error", $"The request failed with status {status}."),
    };

    private async Task WriteAsync(HttpContext http, ApiException failure)
    {
        if (failure.Status is >= 400 and < 500 and not 429)
        {
            metrics.Rejected.Add();
        }

        HttpResponse reply = http.Response;
        reply.StatusCode = failure.Status;
        reply.ContentType = "application/json; charset=utf-8";
        if (failure.Status is 429 or 503)
        {
            reply.Headers.RetryAfter = dispatcher.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (failure.DroppedReason is { } reason)
        {
            reply.Headers["x-llm-d-request-dropped-reason"] = reason;
        }

        if (failure.Status == 413)
        {
            reply.Headers.Connection = "close";
        }

        await reply.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(failure.Body, OpenAiJson.Readable.ErrorReply), http.RequestAborted);
    }
}
