using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>A server that knows completions and nothing else: two tokens a word, one event fewer than tokens, usage at the end.</summary>
internal sealed class PlainServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private PlainServer(WebApplication app) => this.app = app;

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<PlainServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return new PlainServer(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path == "/v1/models")
        {
            await http.Response.WriteAsync("""{"data":[{"id":"plain"}]}""");
            return;
        }

        if (http.Request.Path != "/v1/completions")
        {
            http.Response.StatusCode = 404;
            return;
        }

        JsonNode body = (await JsonNode.ParseAsync(http.Request.Body))!;
        int words = ((string)body["prompt"]!).Split(' ').Length;
        int answer = (int)body["max_tokens"]!;
        string usage = $$"""{"prompt_tokens":{{(words * 2) + 3}},"completion_tokens":{{answer}}}""";
        await http.Response.WriteAsync(body["stream"] is null ? $$"""{"usage":{{usage}}}""" : Events(answer, usage));
    }

    private static string Events(int answer, string usage)
    {
        StringBuilder events = new();
        for (int token = 0; token < answer - 1; token++)
        {
            string reason = token == answer - 2 ? "\"length\"" : "null";
            events.Append($$"""data: {"choices":[{"text":"word ","index":0,"finish_reason":{{reason}}}]}""").Append("\n\n");
        }

        return events.Append($$"""data: {"choices":[],"usage":{{usage}}}""").Append("\n\ndata: [DONE]\n\n").ToString();
    }
}
