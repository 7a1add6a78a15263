using System.Globalization;
using Sluice.Core;

namespace Sluice.Simulation.Workloads;

/// <summary>The distribution of the times between arrivals.</summary>
public enum ArrivalShape
{
    /// <summary>Exponential gaps: independent callers.</summary>
    Poisson,

    /// <summary>Equal gaps.</summary>
    Constant,

    /// <summary>Gamma gaps of a given coefficient of variation: bursts when above 1.</summary>
    Gamma,
}

/// <summary>The distribution of the lengths.</summary>
public enum LengthShape
{
    /// <summary>Log-normal, by its mean and coefficient of variation.</summary>
    LogNormal,

    /// <summary>All equal to the mean.</summary>
    Constant,

    /// <summary>Exponential.</summary>
    Exponential,
}

/// <summary>What a synthetic workload is made of.</summary>
public sealed record WorkloadSpec
{
    private const double MostRate = 1e6;

    /// <summary>Requests. Default 10000.</summary>
    public long Requests { get; init; } = 10_000;

    /// <summary>Mean prompt in tokens. Default 1000.</summary>
    public double PromptMean { get; init; } = 1000;

    /// <summary>Mean answer in tokens. Default 200.</summary>
    public double AnswerMean { get; init; } = 200;

    /// <summary>Mean requests a second. Default 10.</summary>
    public double Rate { get; init; } = 10;

    /// <summary>Standard deviation ÷ mean of log-normal prompts. Default 1.</summary>
    public double PromptCv { get; init; } = 1;

    /// <summary>Standard deviation ÷ mean of log-normal answers. Default 1.</summary>
    public double AnswerCv { get; init; } = 1;

    /// <summary>How requests arrive. Default Poisson.</summary>
    public ArrivalShape Arrivals { get; init; } = ArrivalShape.Poisson;

    /// <summary>Standard deviation ÷ mean of gamma gaps. Default 2.</summary>
    public double ArrivalCv { get; init; } = 2;

    /// <summary>How lengths are distributed. Default log-normal.</summary>
    public LengthShape Lengths { get; init; } = LengthShape.LogNormal;

    /// <summary>Clients; each request is of any of them with equal chance. Default 1.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>
    /// Leading tokens of each prompt that are one of the shared prefixes; shorter prompts are drawn out to one token
    /// more. Default 0, nothing shared.
    /// </summary>
    public int SharedPrefix { get; init; }

    /// <summary>How many shared prefixes there are, each as likely. Default 1.</summary>
    public int Prefixes { get; init; } = 1;

    /// <summary>The keys of <see cref="Parse"/>.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        "requests", "prompt", "answer", "rate", "prompt-cv", "answer-cv", "arrivals", "arrival-cv", "lengths",
        "clients", "shared-prefix", "prefixes",
    ];

    /// <summary>Reads <c>default</c> or <c>key=value,…</c>, or says which key or value is wrong.</summary>
    public static WorkloadSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WorkloadSpec spec = new();
        if (text.Trim().Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            return spec;
        }

        HashSet<string> given = [];
        foreach (string part in text.Split(','))
        {
            int equal = part.IndexOf('=');
            if (equal < 0)
            {
                throw new ArgumentException(
                    $"The synthetic workload says `{part.Trim()}` where key=value is expected. Write `default` or, for "
                        + "instance, `requests=10000,prompt=1000,answer=200,rate=10`.");
            }

            string key = part[..equal].Trim().ToLowerInvariant();
            if (!given.Add(key))
            {
                throw new ArgumentException($"The synthetic workload sets `{key}` twice. Leave one of them out.");
            }

            spec = spec.With(key, part[(equal + 1)..].Trim());
        }

        return spec.Checked(given);
    }

    private WorkloadSpec With(string key, string value) => key switch
    {
        "requests" => this with { Requests = (long)Whole(key, value, 1, 1_000_000_000) },
        "prompt" => this with { PromptMean = Number(key, value, 1, SyntheticWorkload.MostTokens) },
        "answer" => this with { AnswerMean = Number(key, value, 1, SyntheticWorkload.MostTokens) },
        "rate" => this with { Rate = Number(key, value, 1 / MostRate, MostRate) },
        "prompt-cv" => this with { PromptCv = Number(key, value, 0, 100) },
        "answer-cv" => this with { AnswerCv = Number(key, value, 0, 100) },
        "arrival-cv" => this with { ArrivalCv = Number(key, value, 0.01, 100) },
        "arrivals" => this with { Arrivals = Choice<ArrivalShape>(key, value) },
        "lengths" => this with { Lengths = Choice<LengthShape>(key, value) },
        "clients" => this with { Clients = (int)Whole(key, value, 1, 1_000_000) },
        "shared-prefix" => this with { SharedPrefix = (int)Whole(key, value, 0, SyntheticWorkload.MostTokens - 1) },
        "prefixes" => this with { Prefixes = (int)Whole(key, value, 1, 1_000_000) },
        _ => throw new UnknownNameException("key of a synthetic workload", key, Keys),
    };

    /// <summary>Refuses keys that would have no effect.</summary>
    private WorkloadSpec Checked(HashSet<string> given)
    {
        if (given.Contains("arrival-cv") && Arrivals != ArrivalShape.Gamma)
        {
            throw new ArgumentException("`arrival-cv` has no effect on these arrivals. Add `arrivals=gamma`.");
        }

        if ((given.Contains("prompt-cv") || given.Contains("answer-cv")) && Lengths != LengthShape.LogNormal)
        {
            throw new ArgumentException(
                "`prompt-cv` and `answer-cv` have an effect on log-normal lengths only. Leave them or `lengths` out.");
        }

        if (given.Contains("prefixes") && SharedPrefix == 0)
        {
            throw new ArgumentException("`prefixes` has no effect without tokens to share. Add `shared-prefix=TOKENS`.");
        }

        return this;
    }

    private static double Number(string key, string value, double least, double most) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && number >= least && number <= most
            ? number
            : throw new ArgumentException(
                $"The synthetic workload's `{key}` is `{value}`; give a number from {least} to {most}.");

    private static double Whole(string key, string value, double least, double most)
    {
        double number = Number(key, value, least, most);
        return number == Math.Floor(number)
            ? number
            : throw new ArgumentException($"The synthetic workload's `{key}` is `{value}`; give a whole number.");
    }

    private static T Choice<T>(string key, string value)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(n => n.ToLowerInvariant())];
        int index = Array.IndexOf(names, value.ToLowerInvariant());
        return index >= 0
            ? Enum.GetValues<T>()[index]
            : throw new UnknownNameException($"value of `{key}` in a synthetic workload", value, names);
    }
}
