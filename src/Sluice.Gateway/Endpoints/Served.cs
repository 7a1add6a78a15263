using Sluice.Engine;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Lengths;
using Sluice.Gateway.Measures;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Endpoints;

/// <summary>What all endpoints share: the model, its instances, the classes, what is measured and what is learnt.</summary>
internal sealed record Served(
    GatewayOptions Options, ClassTable Classes, Dispatcher Dispatcher, GatewayMetrics Metrics, LengthDesk? Lengths)
{
    /// <summary>When the server began, seconds of Unix time.</summary>
    public long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>The model: all instances run the same.</summary>
    public IModelRunner Model => Dispatcher.Instances[0].Engine.Model;

    /// <summary>Most tokens of a prompt and its answer on every instance.</summary>
    public int ContextTokens => Dispatcher.Instances.Min(instance => instance.Engine.Model.Facts.ContextTokens);

    /// <summary>Refuses the name of another model; none at all means the one that is served.</summary>
    public void RequireModel(string? name)
    {
        if (name is not null && name != Model.Facts.Name)
        {
            throw ApiException.NotFound(
                "model", $"There is no model `{name}` here. Ask for `{Model.Facts.Name}`, or leave `model` out.", "model_not_found");
        }
    }
}
