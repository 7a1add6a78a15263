using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.OpenAi;

/// <summary>Reads the body of a request as JSON.</summary>
internal static class RequestBody
{
    private const int Depth = 32;

    /// <summary>The JSON object in the body.</summary>
    /// <exception cref="ApiException">Too large (before it is read, where its length is told), not UTF-8, not JSON, or no object.</exception>
    public static async Task<JsonDocument> ReadAsync(HttpContext http, long limit)
    {
        if (http.Request.ContentLength > limit)
        {
            throw ApiException.TooLarge(limit);
        }

        PipeReader reader = http.Request.BodyReader;
        while (true)
        {
            ReadResult part;
            try
            {
                part = await reader.ReadAsync(http.RequestAborted);
            }
            catch (BadHttpRequestException error)
            {
                throw error.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? ApiException.TooLarge(limit)
                    : new ApiException(error.StatusCode, "invalid_request_error", "The body did not come whole. Send it again.");
            }

            if (part.Buffer.Length > limit)
            {
                throw ApiException.TooLarge(limit);
            }

            if (part.IsCompleted)
            {
                try
                {
                    return Parse(part.Buffer.ToArray());
                }
                finally
                {
                    reader.AdvanceTo(part.Buffer.End);
                }
            }

            reader.AdvanceTo(part.Buffer.Start, part.Buffer.End);
        }
    }

    private static JsonDocument Parse(byte[] body)
    {
        if (body.Length == 0)
        {
            throw ApiException.Invalid(null, "The body is empty. Send a JSON object.", "invalid_json");
        }

        if (!Utf8.IsValid(body))
        {
            throw ApiException.Invalid(null, $"The body is not UTF-8 from byte {FirstInvalid(body)} on. Send it as UTF-8.", "invalid_utf8");
        }

        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = Depth, AllowDuplicateProperties = false });
        }
        catch (JsonException error)
        {
            string where = error.LineNumber is { } line ? $" in line {line + 1} at byte {error.BytePositionInLine + 1}" : "";
            throw ApiException.Invalid(
                null, $"The body is no JSON{where}: {Reason(error)}. Send one JSON object of at most {Depth} levels.", "invalid_json");
        }

        catch (InvalidOperationException)
        {
            // Names are compared with each other in the search for twins, and only there an escape without its other half is found.
            throw ApiException.Invalid(null, "The name of a field has half of a surrogate pair. Write whole characters.", "invalid_json");
        }

        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            json.Dispose();
            throw ApiException.Invalid(null, "The body is JSON, but no object. Send one JSON object.", "invalid_json");
        }

        return json;
    }

    /// <summary>The library's words without the position it appends.</summary>
    private static string Reason(JsonException error)
    {
        string words = error.Message;
        int position = words.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (position < 0 ? words : words[..position]).TrimEnd(' ', '.').Replace(". ", ", ", StringComparison.Ordinal);
    }

    private static int FirstInvalid(ReadOnlySpan<byte> body)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(body[at..], out _, out int length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }
}
