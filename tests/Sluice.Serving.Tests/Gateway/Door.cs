using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Batching;
using Sluice.Engine;
using Sluice.Engine.Pretending;
using Sluice.Gateway;
using Sluice.Gateway.Admission;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>A gateway on a port of its own over pretended engines, and a client to it.</summary>
internal sealed class Door : IAsyncDisposable
{
    private readonly GatewayServer server;

    private Door(GatewayServer server, IReadOnlyList<LiveEngine> engines)
    {
        this.server = server;
        Engines = engines;
        Http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public IReadOnlyList<LiveEngine> Engines { get; }

    public HttpClient Http { get; }

    public GatewayServer Server => server;

    public Uri Address => server.Address;

    public static async Task<Door> OpenAsync(
        GatewayOptions? options = null, PretendOptions? model = null, int instances = 1, EngineOptions? engine = null,
        Func<IModelRunner>? runner = null)
    {
        LiveEngine[] engines = [.. Enumerable.Range(0, instances).Select(_ => new LiveEngine(
            runner?.Invoke() ?? new PretendRunner(model ?? Serving.Tests.Engine.Engines.Model(speed: 4)),
            (engine ?? new EngineOptions()) with { Batching = BatchPolicies.Parse("slide") }))];
        GatewayServer server = new(
            [.. engines.Select((one, i) => new Instance($"pretend-{i}", "slide", one))],
            (options ?? new GatewayOptions()) with { Listen = new IPEndPoint(IPAddress.Loopback, 0) });
        await server.StartAsync();
        return new Door(server, engines);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage message = Message(path, body, headers);
        return await Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<JsonNode> AskAsync(string path, string body)
    {
        using HttpResponseMessage reply = await PostAsync(path, body);
        string text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    public static HttpRequestMessage Message(string path, string body, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage message = new(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach ((string name, string value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    /// <summary>A connection on which a test writes what it likes.</summary>
    public async Task<NetworkStream> ConnectAsync(int? receiveBuffer = null)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Writes a whole request on such a connection.</summary>
    public static async Task SendAsync(NetworkStream connection, string path, string body) =>
        await connection.WriteAsync(Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    /// <summary>Waits until something holds, 30 s at most.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        for (int i = 0; i < 3000; i++)
        {
            if (holds())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail($"{what} never happened");
    }

    /// <summary>Waits until nothing is served, and throws unless every block and every entry of the router's books came back.</summary>
    public async Task RequireEmptyAsync()
    {
        await UntilAsync(() => server.Busy == 0, "the end of all requests");
        foreach (LiveEngine engine in Engines)
        {
            await UntilAsync(() => engine.State is { Waiting: 0, Running: 0, Paused: 0 }, "an idle engine");
            await Serving.Tests.Engine.Engines.RequireEmptyAsync(engine);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (LiveEngine engine in Engines)
        {
            await engine.DisposeAsync();
        }

        await server.DisposeAsync();
    }
}
