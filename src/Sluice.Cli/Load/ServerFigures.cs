using System.Text.Json.Nodes;

namespace Sluice.Cli.Load;

/// <summary>What a Sluice server counted during a load: the difference of two looks at its state. All 0 for other servers.</summary>
internal sealed class ServerFigures
{
    private readonly JsonNode? before;
    private readonly JsonNode? after;

    private ServerFigures(JsonNode? before, JsonNode? after)
    {
        this.before = before;
        this.after = after;
    }

    /// <summary>The batching policies of its instances; a dash where nothing is known.</summary>
    public string Batching => after is null ? "-" : string.Join(",", Engines(after).Select(engine => (string?)engine["batching"]).Distinct());

    /// <summary>Its routing policy; a dash where nothing is known.</summary>
    public string Routing => (string?)after?["routing"] ?? "-";

    /// <summary>Its instances; 1 where nothing is known.</summary>
    public int Instances => after is null ? 1 : Engines(after).Count();

    /// <summary>Mean absolute percentage error of its step times over the engines' lives, weighted by steps, 0 to 1.</summary>
    public double StepMape
    {
        get
        {
            double steps = Sum(after, "steps");
            return steps == 0 ? 0 : Engines(after!).Sum(engine => Number(engine, "stepMape") * Number(engine, "steps")) / steps;
        }
    }

    /// <summary>Tau-b of predicted and true answer lengths, of its last 1,000 predictions; null where there are none.</summary>
    public double? LengthTau => (double?)after?["lengths"]?["tau"];

    /// <summary>The figures between two looks.</summary>
    public static ServerFigures Between(JsonNode? before, JsonNode? after) => new(before, after);

    /// <summary>How far a counter went on, over all instances.</summary>
    public long Count(string name) => (long)(Sum(after, name) - Sum(before, name));

    private static double Sum(JsonNode? state, string name) => state is null ? 0 : Engines(state).Sum(engine => Number(engine, name));

    private static IEnumerable<JsonNode> Engines(JsonNode state) => (state["instances"] as JsonArray ?? []).OfType<JsonNode>();

    private static double Number(JsonNode instance, string name) => (double?)instance["engine"]?[name] ?? 0;
}
