using System.CommandLine;
using Sluice.Cli.Load;

namespace Sluice.Cli.Flags;

/// <summary>The flags of <c>sluice load</c>.</summary>
internal sealed class LoadFlags
{
    private const string DefaultUrl = "http://127.0.0.1:8080";

    private readonly TraceFlags trace;
    private readonly Option<string> url = Flag.Text("--url", "URL", $"the server (default {DefaultUrl})");
    private readonly Option<string> model = Flag.Text("--model", "NAME", "the model to ask for (default the one that is served)");
    private readonly Option<string> key = Flag.Text("--key", "KEY|env:NAME", "the bearer token, or the environment variable that holds it");
    private readonly Option<string> rateScale = Flag.Text("--rate-scale", "X", "arrival times are divided by this (default 1)");
    private readonly Option<string> rate = Flag.Text("--rate", "X", "instead of --rate-scale: mean requests a second");
    private readonly Option<string[]> classes = ClassFlag.Option();
    private readonly Option<string> seed = Flag.Text("--seed", "N", "seed of classes, prompts and synthetic workloads (default 1)");

    /// <summary>Registers the flags.</summary>
    public LoadFlags(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Options.Add(url);
        command.Options.Add(model);
        command.Options.Add(key);
        trace = new TraceFlags(command);
        foreach (Option option in new Option[] { rateScale, rate, classes, seed })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads and checks all of them.</summary>
    public LoadPlan Plan(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        string[] specs = parsed.GetValue(classes) ?? [];
        string? scaled = parsed.GetValue(rateScale);
        string? paced = parsed.GetValue(rate);
        if (scaled is not null && paced is not null)
        {
            throw new Misuse("--rate and --rate-scale are both given", "leave one of them out");
        }

        return new LoadPlan
        {
            Url = Address(parsed.GetValue(url) ?? DefaultUrl),
            Model = parsed.GetValue(model),
            Key = Secret(parsed.GetValue(key)),
            Trace = trace.Source(parsed),
            RateScale = scaled is null ? null : Read.Number("--rate-scale", scaled, 1e-6, 1e6),
            Rate = paced is null ? null : Read.Number("--rate", paced, 1e-6, 1e6),
            Classes = ClassFlag.Read(specs),
            TellsClasses = specs.Length > 0,
            Seed = parsed.GetValue(seed) is { } number ? Read.Whole("--seed", number, 0, int.MaxValue) : 1,
        };
    }

    private static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.AbsolutePath == "/"
            ? address
            : throw new Misuse($"--url cannot be `{text}`", $"write scheme, host and port without a path, as in `{DefaultUrl}`");

    private static string? Secret(string? text)
    {
        const string variable = "env:";
        if (text is null || !text.StartsWith(variable, StringComparison.Ordinal))
        {
            return text;
        }

        string name = text[variable.Length..];
        return Environment.GetEnvironmentVariable(name)
            ?? throw new Misuse($"--key names the environment variable `{name}`, which is not set", "set it, or name another");
    }
}
