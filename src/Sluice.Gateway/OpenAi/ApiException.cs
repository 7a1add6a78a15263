using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>A request that ends in an error reply: its HTTP status and the body OpenAI's clients understand.</summary>
internal sealed class ApiException(int status, string type, string message, string? field = null, string? code = null)
    : Exception(message)
{
    private const int Longest = 1024;

    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>OpenAI's kind of error, as <c>invalid_request_error</c>.</summary>
    public string Type { get; } = type;

    /// <summary>The field or header to change; null when none is to blame.</summary>
    public string? Field { get; } = field;

    /// <summary>A word for programs, as <c>model_not_found</c>; null when the status says enough.</summary>
    public string? Code { get; } = code;

    /// <summary>llm-d's word for why a request was dropped; null when it was not.</summary>
    public string? DroppedReason { get; init; }

    /// <summary>A field that cannot be: 400.</summary>
    public static ApiException Invalid(string? field, string message, string? code = null) =>
        new(400, "invalid_request_error", message, field, code);

    /// <summary>Nothing is there: 404.</summary>
    public static ApiException NotFound(string? field, string message, string code) =>
        new(404, "invalid_request_error", message, field, code);

    /// <summary>The body is larger than the limit: 413.</summary>
    public static ApiException TooLarge(long limit) =>
        new(413, "invalid_request_error", $"The body is larger than {limit} bytes. Send a shorter prompt.", null, "request_too_large");

    /// <summary>The client can do nothing about it: 500.</summary>
    public static ApiException Failed(string message) => new(500, "server_error", message, null, "engine_failed");

    /// <summary>What an engine or the gateway's own queue says of a request it does not take.</summary>
    /// <param name="refusal">The kind of reason.</param>
    /// <param name="field">The field to change; null when none is to blame.</param>
    /// <param name="message">The sentence for the client.</param>
    public static ApiException Of(Refusal refusal, string? field, string message) => refusal switch
    {
        Refusal.TooLong => Invalid(field, message, "context_length_exceeded"),
        Refusal.Full => new ApiException(429, "rate_limit_error", message, field, "over_capacity") { DroppedReason = "rejected-saturated" },
        Refusal.Expired => new ApiException(429, "rate_limit_error", message, field, "queue_timeout") { DroppedReason = "rejected-ttl-expired" },
        Refusal.Stopping => new ApiException(503, "server_error", message, field, "stopping") { DroppedReason = "rejected-shutting-down" },
        _ => Invalid(field, message),
    };

    /// <summary>An engine's refusal; a prompt is called as the endpoint calls it.</summary>
    public static ApiException Of(GenerationRefusedException refused, string promptField) =>
        Of(refused.Refusal, refused.Field == "prompt" ? promptField : refused.Field, refused.Message);

    /// <summary>The body of the reply. What it repeats of the request is cut short.</summary>
    public ErrorReply Body => new(new ErrorBody(Short(Message)!, Type, Short(Field), Code));

    /// <summary>A long text without its middle: its end says what to do.</summary>
    private static string? Short(string? text)
    {
        if (text is not { Length: > Longest })
        {
            return text;
        }

        int head = Longest / 2;
        int tail = text.Length - (Longest / 2);
        head -= char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(text[tail]) ? 1 : 0;
        return $"{text[..head]}…{text[tail..]}";
    }
}
