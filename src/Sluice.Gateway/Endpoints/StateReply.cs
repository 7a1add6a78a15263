using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Gateway.Admission;

namespace Sluice.Gateway.Endpoints;

/// <summary>The body of <c>/v1/sluice/state</c>. Times in ms.</summary>
internal sealed record StateReply(
    string Model,
    bool Ready,
    string Routing,
    int Held,
    int Outstanding,
    LengthFigures? Lengths,
    IReadOnlyList<ClassState> Classes,
    IReadOnlyList<InstanceState> Instances)
{
    /// <summary>The present state.</summary>
    public static StateReply Of(Served server) => new(
        server.Model.Facts.Name,
        server.Dispatcher.IsOpen,
        server.Options.Routing.Spec,
        server.Dispatcher.Held,
        server.Dispatcher.Outstanding,
        server.Lengths?.Figures,
        [.. server.Classes.All.Select(its => ClassState.Of(its, its == server.Classes.Standard))],
        [.. server.Dispatcher.Instances.Select(InstanceState.Of)]);
}

/// <summary>A service class as clients may name it.</summary>
internal sealed record ClassState(string Name, double Weight, double TtftMs, double TpotMs, bool IsStandard)
{
    public static ClassState Of(ServiceClass its, bool isStandard) => new(
        its.Name, its.Weight, its.Slo.FirstToken.TotalMilliseconds, its.Slo.NextToken.TotalMilliseconds, isStandard);
}

/// <summary>An instance and how its engine stands.</summary>
internal sealed record InstanceState(string Name, string Backend, string Batching, EngineState Engine)
{
    public static InstanceState Of(Instance instance) =>
        new(instance.Name, instance.Engine.Model.Facts.Backend, instance.Batching, instance.Engine.State);
}

[JsonSerializable(typeof(StateReply))]
internal sealed partial class StateJson : JsonSerializerContext
{
    public static StateJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });
}
