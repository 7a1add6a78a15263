using Microsoft.AspNetCore.Http;
using Sluice.Gateway.Measures;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Endpoints;

/// <summary>What can be looked at: models, health, readiness, metrics, state.</summary>
internal sealed class LookEndpoints(Served server)
{
    /// <summary>Whether any engine is well: 200 or 503.</summary>
    public Task HealthAsync(HttpContext http) =>
        server.Dispatcher.Instances.Any(instance => instance.Engine.State.Fault is null)
            ? Results.Text("{\"status\":\"ok\"}", "application/json").ExecuteAsync(http)
            : throw new ApiException(503, "server_error", server.Dispatcher.Instances[0].Engine.State.Fault!, null, "engine_failed");

    /// <summary>Embedded engines only generate.</summary>
    public static Task RefuseEmbeddings(HttpContext http) => throw new ApiException(
        501, "invalid_request_error", "The embedded engines of this server make no embeddings. Send this to a server with an embedding model.", null, "not_implemented");

    /// <summary>Whether new requests are taken: 200 or 503.</summary>
    public Task ReadyAsync(HttpContext http) => server.Dispatcher.IsOpen
        ? Results.Text("{\"status\":\"ready\"}", "application/json").ExecuteAsync(http)
        : throw new ApiException(503, "server_error", "The server is stopping.", null, "stopping");

    /// <summary>The models there are.</summary>
    public Task ModelsAsync(HttpContext http) =>
        Results.Json(new ModelList("list", [Model()]), OpenAiJson.Readable.ModelList).ExecuteAsync(http);

    /// <summary>One model by its name.</summary>
    public Task ModelAsync(HttpContext http)
    {
        server.RequireModel(http.Request.RouteValues["model"] as string);
        return Results.Json(Model(), OpenAiJson.Readable.ModelReply).ExecuteAsync(http);
    }

    /// <summary>Everything for Prometheus.</summary>
    public Task MetricsAsync(HttpContext http)
    {
        http.Response.ContentType = MetricsPage.MediaType;
        return http.Response.WriteAsync(MetricsPage.Render(server.Metrics, server.Dispatcher, server.Lengths), http.RequestAborted);
    }

    /// <summary>How everything stands, for people and for <c>sluice load</c>.</summary>
    public Task StateAsync(HttpContext http) =>
        Results.Json(StateReply.Of(server), StateJson.Readable.StateReply).ExecuteAsync(http);

    private ModelReply Model() =>
        new(server.Model.Facts.Name, "model", server.Created, "sluice", server.ContextTokens);
}
