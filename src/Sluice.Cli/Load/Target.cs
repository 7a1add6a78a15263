using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Cli.Load;

/// <summary>The server under load: what it serves, and what it can tell.</summary>
internal sealed class Target : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Uri url;
    private readonly HttpClient http;

    private Target(Uri url, HttpClient http, string model)
    {
        this.url = url;
        this.http = http;
        Model = model;
    }

    /// <summary>The model to ask for.</summary>
    public string Model { get; }

    /// <summary>Sends requests; as many connections as it takes.</summary>
    public HttpClient Http => http;

    /// <summary>Asks the server what it serves.</summary>
    /// <exception cref="Misuse">Nobody answers there, or not like an OpenAI-compatible server, or without that model.</exception>
    public static async Task<Target> OpenAsync(Uri url, string? model, string? key, CancellationToken cancel)
    {
        HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), UseCookies = false, UseProxy = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        try
        {
            return new Target(url, http, Chosen(await ModelsAsync(http, url, cancel), model, url));
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>The address of a path.</summary>
    public Uri At(string path) => new(url, path);

    /// <summary>The ids of a text's tokens; null where the server has no <c>/tokenize</c> that gives them.</summary>
    public async Task<int[]?> TokenizeAsync(string text, CancellationToken cancel)
    {
        JsonObject body = new() { ["prompt"] = text, ["content"] = text, ["add_special_tokens"] = false };
        return await PostAsync("/tokenize", body, cancel) is { } reply && reply["tokens"] is JsonArray { Count: > 0 } tokens
            && tokens.All(token => token is JsonValue value && value.TryGetValue(out int _))
            ? [.. tokens.Select(token => token!.GetValue<int>())]
            : null;
    }

    /// <summary>The tokens of a prompt as the server counts them, found by a completion of one token; null where it does not say.</summary>
    public async Task<int?> CountAsync(JsonNode prompt, CancellationToken cancel)
    {
        JsonObject body = new() { ["model"] = Model, ["prompt"] = prompt, ["max_tokens"] = 1 };
        return (int?)(await PostAsync("/v1/completions", body, cancel))?["usage"]?["prompt_tokens"];
    }

    /// <summary>The state of a Sluice server; null for all others.</summary>
    public async Task<JsonNode?> StateAsync(CancellationToken cancel)
    {
        try
        {
            using HttpResponseMessage reply = await http.GetAsync(At("/v1/sluice/state"), cancel);
            return reply.IsSuccessStatusCode ? JsonNode.Parse(await reply.Content.ReadAsStringAsync(cancel)) : null;
        }
        catch (Exception error) when (error is HttpRequestException or JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static async Task<IReadOnlyList<string>> ModelsAsync(HttpClient http, Uri url, CancellationToken cancel)
    {
        using CancellationTokenSource soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(Patience);
        try
        {
            using HttpResponseMessage reply = await http.GetAsync(new Uri(url, "/v1/models"), soon.Token);
            if (!reply.IsSuccessStatusCode)
            {
                throw new Misuse(
                    $"{url} answers /v1/models with status {(int)reply.StatusCode}",
                    (int)reply.StatusCode is 401 or 403 ? "name its key with --key env:NAME" : "name an OpenAI-compatible server with --url");
            }

            JsonNode? models = JsonNode.Parse(await reply.Content.ReadAsStringAsync(soon.Token));
            return [.. (models?["data"] as JsonArray ?? []).Select(model => (string?)model?["id"]).OfType<string>()];
        }
        catch (HttpRequestException error)
        {
            string why = error.InnerException is SocketException socket ? socket.Message : error.Message;
            throw new Misuse($"{url} cannot be reached: {why}", "start a server, as with `sluice serve`, or name another with --url");
        }
        catch (JsonException)
        {
            throw new Misuse($"{url} answers /v1/models with no JSON", "name an OpenAI-compatible server with --url");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new Misuse($"{url} did not answer within {Patience.TotalSeconds:0} s", "name another server with --url");
        }
    }

    private static string Chosen(IReadOnlyList<string> models, string? wanted, Uri url) => (models, wanted) switch
    {
        ({ Count: 0 }, null) => throw new Misuse($"{url} names no model", "name it with --model NAME"),
        (_, null) => models.Count == 1
            ? models[0]
            : throw new Misuse($"{url} serves {models.Count} models", $"choose one with --model: {string.Join(", ", models)}"),
        ({ Count: > 0 }, _) when !models.Contains(wanted) =>
            throw new Misuse($"{url} has no model `{wanted}`", $"choose one with --model: {string.Join(", ", models)}"),
        _ => wanted,
    };

    private async Task<JsonNode?> PostAsync(string path, JsonObject body, CancellationToken cancel)
    {
        using CancellationTokenSource soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        soon.CancelAfter(Patience);
        try
        {
            using HttpResponseMessage reply = await http.PostAsJsonAsync(At(path), body, soon.Token);
            return reply.IsSuccessStatusCode ? JsonNode.Parse(await reply.Content.ReadAsStringAsync(soon.Token)) : null;
        }
        catch (Exception error) when (error is HttpRequestException or JsonException
            || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}
