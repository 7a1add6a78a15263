using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Endpoints;
using Sluice.Gateway.Lengths;
using Sluice.Gateway.Measures;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway;

/// <summary>OpenAI-compatible HTTP over embedded engines of one model.</summary>
/// <remarks>It does not own the engines: whoever made them stops them after <see cref="StopAsync"/>.</remarks>
public sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>Load balancers ask with either.</summary>
    private static readonly string[] Probes = [HttpMethods.Get, HttpMethods.Head];

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly WebApplication app;
    private readonly Dispatcher dispatcher;

    /// <summary>A gateway that does not listen yet.</summary>
    /// <param name="instances">The engines, at least one, all of one model.</param>
    /// <param name="options">How it behaves.</param>
    public GatewayServer(IReadOnlyList<Instance> instances, GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(instances);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(instances.Count);
        ClassTable classes = new(options.Checked().Classes, options.StandardClass);
        GatewayMetrics metrics = new(classes);
        dispatcher = new Dispatcher(instances, options.Routing, metrics, options.MostHeld);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, options));
        app = builder.Build();
        LengthDesk? lengths = options.Lengths is { } its
            ? new LengthDesk(instances[0].Engine.Model.Facts.Name, its, options.Log)
            : null;
        Served served = new(options, classes, dispatcher, metrics, lengths);
        app.Use(next => new ErrorReplies(next, dispatcher, metrics, options.Log).HandleAsync);
        app.UseRouting();
        Map(app, served);
    }

    /// <summary>Where it listens, with the port it was given; after <see cref="StartAsync"/>.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests that wait or are served.</summary>
    public int Busy => dispatcher.Held + dispatcher.Outstanding;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The address is taken or is none of this machine's.</exception>
    public Task StartAsync(CancellationToken cancel = default) => app.StartAsync(cancel);

    /// <summary>Takes no new requests from now on: <c>/ready</c> says so, and they get a 503.</summary>
    public void Close() => dispatcher.Close();

    /// <summary>Takes no new requests, and waits until the others have ended or <paramref name="cut"/>.</summary>
    public async Task DrainAsync(CancellationToken cut)
    {
        Close();
        while (Busy > 0 && !cut.IsCancellationRequested)
        {
            await Task.Delay(Look, CancellationToken.None);
        }
    }

    /// <summary>Closes the port and every connection.</summary>
    public async Task StopAsync()
    {
        dispatcher.Close();
        using CancellationTokenSource soon = new(TimeSpan.FromSeconds(2));
        await app.StopAsync(soon.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await app.DisposeAsync();
        await dispatcher.DisposeAsync();
    }

    private static void Limit(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MostBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = options.MostConnections;
        kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static void Map(WebApplication app, Served served)
    {
        AnswerEndpoint chat = new(served, new ChatForm(served.Model), ChatFields.Read);
        AnswerEndpoint text = new(served, new TextForm(served.Model), CompletionFields.Read);
        TokenEndpoints tokens = new(served);
        LookEndpoints looks = new(served);
        app.MapPost("/v1/chat/completions", chat.HandleAsync);
        app.MapPost("/v1/completions", text.HandleAsync);
        app.MapPost("/v1/embeddings", LookEndpoints.RefuseEmbeddings);
        app.MapPost("/tokenize", tokens.TokenizeAsync);
        app.MapPost("/detokenize", tokens.DetokenizeAsync);
        app.MapGet("/v1/models", looks.ModelsAsync);
        app.MapGet("/v1/models/{**model}", looks.ModelAsync);
        app.MapMethods("/health", Probes, looks.HealthAsync);
        app.MapMethods("/ready", Probes, looks.ReadyAsync);
        app.MapGet("/metrics", looks.MetricsAsync);
        app.MapGet("/v1/sluice/state", looks.StateAsync);
    }

    /// <summary>Signals are for whoever owns the server; it listens for none itself.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
