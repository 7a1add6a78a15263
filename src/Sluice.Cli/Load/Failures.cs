using System.Net.Sockets;
using System.Text.Json;

namespace Sluice.Cli.Load;

/// <summary>Names failures by their kind, so that they can be counted.</summary>
internal static class Failures
{
    private const int LongestMessage = 120;

    /// <summary>The kind of an error reply: its status and the server's own word for it.</summary>
    public static string Of(int status, string body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out JsonElement error)
                ? $"status {status}: {CodeOf(error)}"
                : $"status {status}";
        }
        catch (JsonException)
        {
            return $"status {status}";
        }
    }

    /// <summary>The kind of a failure of the network.</summary>
    public static string Of(Exception error) => error switch
    {
        HttpRequestException { InnerException: SocketException socket } => $"connection: {socket.SocketErrorCode}",
        HttpRequestException or IOException => "connection lost",
        _ => error.GetType().Name,
    };

    /// <summary>The code of an OpenAI error; else its message, cut short.</summary>
    public static string CodeOf(JsonElement error)
    {
        if (error.ValueKind == JsonValueKind.Object)
        {
            if (error.TryGetProperty("code", out JsonElement code) && code.ValueKind == JsonValueKind.String)
            {
                return code.GetString()!;
            }

            if (error.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.String)
            {
                string text = message.GetString()!;
                return text.Length <= LongestMessage ? text : text[..LongestMessage] + "...";
            }
        }

        return "an error";
    }
}
