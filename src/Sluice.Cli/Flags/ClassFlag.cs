using System.CommandLine;
using System.Globalization;
using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation;

namespace Sluice.Cli.Flags;

/// <summary>Reads <c>--class high=0.5,weight=2,ttft=1s,tpot=50ms</c>.</summary>
/// <remarks>
/// Further properties: <c>first</c> and <c>next</c> multiply the weight for the first and for later tokens, <c>e2e</c> is the
/// end-to-end deadline, <c>queue</c> the time to live in the queue.
/// </remarks>
internal static class ClassFlag
{
    private const string Example = "write it as `--class high=0.5,weight=2,ttft=1s,tpot=50ms`";

    private static readonly string[] Keys = ["weight", "first", "next", "ttft", "tpot", "e2e", "queue"];

    /// <summary>What every request is given when no class is named: weight 1, TTFT 2 s, TPOT 100 ms.</summary>
    public static ClassShare Default { get; } = new(
        new ServiceClass
        {
            Name = "default",
            Slo = new Slo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)),
        },
        Share: 1);

    /// <summary>The flag.</summary>
    public static Option<string[]> Option() => new("--class")
    {
        HelpName = "SPEC",
        Description = "repeatable: high=0.5,weight=2,ttft=1s,tpot=50ms, NAME=share of requests; also first= and next= "
            + "(weights of the first and of later tokens), e2e= (latest end), queue= (longest wait to begin) "
            + "(default one class, TTFT 2s, TPOT 100ms)",
    };

    /// <summary>The classes a server knows, where shares mean nothing; none given leaves the usual ones.</summary>
    public static IReadOnlyList<ServiceClass> Served(IReadOnlyList<string> specs, IReadOnlyList<ServiceClass> usual)
    {
        ArgumentNullException.ThrowIfNull(specs);
        return specs.Count == 0 ? usual : [.. specs.Select(spec => One(WithShare(spec)).Class)];
    }

    /// <summary>The classes of one command; their shares add up to 1.</summary>
    public static IReadOnlyList<ClassShare> Read(IReadOnlyList<string> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        if (specs.Count == 0)
        {
            return [Default];
        }

        ClassShare[] classes = [.. specs.Select(One)];
        string? twice = classes.GroupBy(given => given.Class.Name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null)
        {
            throw new Misuse($"two classes are called `{twice}`", "give each --class its own name");
        }

        double sum = classes.Sum(given => given.Share);
        return Math.Abs(sum - 1) <= 1e-6
            ? classes
            : throw new Misuse(
                string.Create(CultureInfo.InvariantCulture, $"the shares of the classes add up to {Math.Round(sum, 6)}"),
                "each --class NAME=SHARE names its share of the requests; make them add up to 1");
    }

    private static string WithShare(string spec)
    {
        int end = spec.IndexOf(',', StringComparison.Ordinal);
        string name = end < 0 ? spec : spec[..end];
        return name.Contains('=', StringComparison.Ordinal) ? spec : $"{name}=1{spec[name.Length..]}";
    }

    private static ClassShare One(string spec)
    {
        string[] parts = spec.Split(',');
        (string name, string shareText) = Pair(parts[0], spec);
        double share = Flags.Read.Number($"the share of class `{name}`", shareText, 0, 1);
        Dictionary<string, string> given = [];
        foreach (string part in parts.AsSpan(1))
        {
            (string key, string value) = Pair(part, spec);
            if (!Keys.Contains(key))
            {
                throw new UnknownNameException("property of a class", key, Keys);
            }

            if (!given.TryAdd(key, value))
            {
                throw new Misuse($"class `{name}` has its {key} twice", "leave one of them out");
            }
        }

        double Factor(string key, string what) => given.TryGetValue(key, out string? text)
            ? Flags.Read.Number($"the {what} of class `{name}`", text, 1e-6, 1e6)
            : 1;
        TimeSpan? Time(string key, string what) => given.TryGetValue(key, out string? text)
            ? Flags.Read.Duration($"the {what} of class `{name}`", text)
            : null;
        Slo standard = Default.Class.Slo;
        return new ClassShare(
            new ServiceClass
            {
                Name = name,
                Weight = Factor("weight", "weight"),
                FirstTokenWeight = Factor("first", "first-token weight"),
                NextTokenWeight = Factor("next", "next-token weight"),
                Slo = new Slo(Time("ttft", "TTFT") ?? standard.FirstToken, Time("tpot", "TPOT") ?? standard.NextToken),
                EndToEnd = Time("e2e", "end-to-end deadline"),
                TimeToLive = Time("queue", "time in the queue"),
            }.Checked(),
            share);
    }

    private static (string Key, string Value) Pair(string part, string spec)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !string.IsNullOrWhiteSpace(part[..equals])
            ? (part[..equals].Trim(), part[(equals + 1)..].Trim())
            : throw new Misuse($"`{part}` in --class `{spec}` is no NAME=VALUE", Example);
    }
}
