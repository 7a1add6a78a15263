using System.Globalization;
using Microsoft.AspNetCore.Http;
using Sluice.Core.Requests;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Admission;

/// <summary>What a client says about itself: its class and its own SLO, in headers and in the body.</summary>
/// <remarks>
/// Strongest first: <c>x-sluice-class</c>, <c>x-llm-d-inference-objective</c>, <c>service_tier</c>, <c>priority</c>, the standard class.
/// An SLO of its own may be looser than the class's, never stricter: it is raised to the class's.
/// </remarks>
internal static class Statement
{
    /// <summary>The tenant a request is accounted to.</summary>
    public const string FairnessHeader = "x-llm-d-inference-fairness-id";

    private const string ClassHeader = "x-sluice-class";
    private const string ObjectiveHeader = "x-llm-d-inference-objective";
    private static readonly string[] TtftHeaders = ["x-sluice-ttft-ms", "x-slo-ttft-ms", "x-llm-d-slo-ttft-ms"];
    private static readonly string[] TpotHeaders = ["x-sluice-tpot-ms", "x-slo-tpot-ms", "x-llm-d-slo-tpot-ms"];
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The class of a request, with the client's own SLO in it.</summary>
    /// <exception cref="ApiException">A header or field names no class, or no time.</exception>
    public static ServiceClass ClassOf(ClassTable classes, IHeaderDictionary headers, Call call)
    {
        ServiceClass its = Named(classes, headers, call);
        Slo slo = new(
            Loosened(headers, TtftHeaders, its.Slo.FirstToken),
            Loosened(headers, TpotHeaders, its.Slo.NextToken));
        return slo == its.Slo ? its : its with { Slo = slo };
    }

    /// <summary>A number for a tenant's name; 0 for those without one. Two names share a number once in two billion.</summary>
    public static int ClientOf(IHeaderDictionary headers)
    {
        uint hash = 2_166_136_261;
        string name = headers[FairnessHeader].ToString();
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 16_777_619;
        }

        return name.Length == 0 ? 0 : (int)(hash & int.MaxValue);
    }

    private static ServiceClass Named(ClassTable classes, IHeaderDictionary headers, Call call)
    {
        if (headers[ClassHeader].ToString() is { Length: > 0 } name)
        {
            return classes.Find(name) ?? throw ApiException.Invalid(
                ClassHeader, $"`{ClassHeader}` names no class of this server. The classes are {Names(classes)}.", "unknown_class");
        }

        if (headers[ObjectiveHeader].ToString() is { Length: > 0 } objective && classes.Find(objective) is { } itsObjective)
        {
            return itsObjective;
        }

        return call switch
        {
            { ServiceTier: { } tier } => OfTier(classes, tier),
            { Priority: < 0 } => classes.Urgent,
            { Priority: > 0 } => classes.Patient,
            _ => classes.Standard,
        };
    }

    private static ServiceClass OfTier(ClassTable classes, string tier) => tier switch
    {
        "priority" => classes.Urgent,
        "flex" => classes.Patient,
        "auto" or "default" => classes.Standard,
        _ => classes.Find(tier) ?? throw ApiException.Invalid(
            "service_tier", $"`service_tier` names no tier. Give auto, default, priority, flex, or a class: {Names(classes)}."),
    };

    private static TimeSpan Loosened(IHeaderDictionary headers, string[] names, TimeSpan its)
    {
        foreach (string name in names)
        {
            if (headers[name].ToString() is { Length: > 0 } text)
            {
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds) || !(milliseconds > 0))
                {
                    throw ApiException.Invalid(name, $"`{name}` is no time. Give milliseconds above 0.");
                }

                milliseconds = Math.Min(milliseconds, Longest.TotalMilliseconds);
                TimeSpan wished = TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));
                return wished > its ? wished : its;
            }
        }

        return its;
    }

    private static string Names(ClassTable classes) => string.Join(", ", classes.All.Select(its => its.Name));
}
