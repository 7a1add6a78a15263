using System.CommandLine;
using System.Net;
using Sluice.Cli.Serve;
using Sluice.Core.Batching;
using Sluice.Core.Routing;
using Sluice.Gateway;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Lengths;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Flags;

/// <summary>The flags of <c>sluice serve</c>.</summary>
internal sealed class ServeFlags
{
    private const string DefaultListen = "http://127.0.0.1:8080";
    private const int MostInstances = 64;
    private const int MostBlocks = 100_000_000;
    private const int MostThreads = 512;
    private const int MostLayers = 10_000;

    private readonly Option<string> listen = Flag.Text("--listen", "URL", $"where to listen (default {DefaultListen}); port 0 takes a free one");
    private readonly Option<bool> insecure =
        Flag.Switch("--insecure", "listen beyond this machine, though nobody is asked for a key");

    private readonly Option<string> model = Flag.Text("--model", "FILE", "a GGUF model, run by llama.cpp in this process; without it, instances pretend");
    private readonly Option<string> name = Flag.Text("--name", "NAME", "the model's name for clients (default the file's without .gguf, or pretend)");
    private readonly Option<string> profile = Flag.Text(
        "--profile", "NAME|FILE",
        $"the pace of pretended instances (default {ProfileCatalog.Default}; a comma list is taken in turn), or what a model's steps are believed to take");

    private readonly Option<string> instances = Flag.Text("--instances", "N", "instances (default 1 of a model, 2 pretended)");
    private readonly Option<string> threads = Flag.Text("--threads", "N", "threads an instance of a model computes with (default half of the cores)");
    private readonly Option<string> gpuLayers = Flag.Text("--gpu-layers", "N", "layers of a model on graphics cards (default all that fit)");
    private readonly Option<string> context = Flag.Text("--context", "N", "tokens of KV of an instance of a model; the same as --kv-blocks, in tokens");
    private readonly Option<string> speed = Flag.Text("--speed", "X", "how many times faster than the profile pretended instances are (default 1)");
    private readonly Option<string> batching = Flag.Text("--batching", "NAME", "batching policy, NAME or NAME:key=value:… (default slide)");
    private readonly Option<string> routing = Flag.Text("--routing", "NAME", "routing policy, NAME or NAME:key=value:… (default gain)");
    private readonly Option<string> kvBlocks = Flag.Text("--kv-blocks", "N", "KV blocks of an instance");
    private readonly Option<string> hostBlocks = Flag.Text("--host-blocks", "N", "KV blocks of an instance on the host");
    private readonly Option<string[]> classes = ClassFlag.Option();
    private readonly Option<string> standard =
        Flag.Text("--default-class", "NAME", "the class of those who name none (default the one called standard or default, else the first)");

    private readonly Option<string> lengths = Flag.Text(
        "--lengths", "none|FILE", "where what is learnt of answer lengths is kept; none learns nothing (default: it is forgotten at the end)");

    private readonly Option<string> drain = Flag.Text("--drain", "TIME", "how long requests may go on after a signal to stop (default 30s)");

    /// <summary>Registers the flags.</summary>
    public ServeFlags(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        classes.Description = "repeatable: high,weight=2,ttft=1s,tpot=50ms; properties as for `simulate`, a share means nothing here "
            + "(default interactive, standard and batch)";
        Option[] all =
        [
            listen, insecure, model, name, profile, instances, threads, gpuLayers, context, speed, batching, routing, kvBlocks,
            hostBlocks, classes, standard, lengths, drain,
        ];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads and checks all of them.</summary>
    public ServePlan Plan(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        string? file = parsed.GetValue(model);
        RequireFitting(parsed, file);
        return new ServePlan
        {
            Gateway = new GatewayOptions
            {
                Listen = Address(parsed.GetValue(listen) ?? DefaultListen, parsed.GetValue(insecure)),
                Classes = ClassFlag.Served(parsed.GetValue(classes) ?? [], ClassTable.Usual),
                StandardClass = parsed.GetValue(standard),
                Routing = RoutingPolicies.Parse(parsed.GetValue(routing) ?? "gain"),
                Lengths = Lengths(parsed.GetValue(lengths)),
                Log = line => Console.Error.WriteLine($"error: {line}"),
            },
            Model = file,
            Name = Called(parsed.GetValue(name)),
            Profiles = Profiles(parsed, file),
            Instances = Whole(parsed, instances, 1, MostInstances) ?? (file is null ? 2 : 1),
            Threads = Whole(parsed, threads, 1, MostThreads),
            GpuLayers = Whole(parsed, gpuLayers, 0, MostLayers),
            ContextTokens = Whole(parsed, context, 16, MostBlocks),
            Speed = parsed.GetValue(speed) is { } text ? Read.Number("--speed", text, 0.001, 1000) : 1,
            Batching = BatchPolicies.Parse(parsed.GetValue(batching) ?? "slide"),
            KvBlocks = Whole(parsed, kvBlocks, 1, MostBlocks),
            HostBlocks = Whole(parsed, hostBlocks, 0, MostBlocks),
            Drain = parsed.GetValue(drain) is { } time ? Read.Duration("--drain", time) : TimeSpan.FromSeconds(30),
        };
    }

    private static LengthOptions? Lengths(string? text) => text switch
    {
        "none" => null,
        null => new LengthOptions(),
        "" => throw new Misuse("--lengths names no file", "name one, or write none"),
        _ => new LengthOptions { Store = LengthStore.Open(text) },
    };

    private IReadOnlyList<Profile> Profiles(ParseResult parsed, string? file)
    {
        string? named = parsed.GetValue(profile);
        if (file is null)
        {
            return [.. Read.List("--profile", named ?? ProfileCatalog.Default).Select(ProfileCatalog.Load)];
        }

        return named is null ? [] : [ProfileCatalog.Load(named)];
    }

    /// <summary>Refuses flags of models without a model, and those of pretended instances with one.</summary>
    private void RequireFitting(ParseResult parsed, string? file)
    {
        Option<string>[] idle = file is null ? [threads, gpuLayers, context] : [speed];
        if (idle.FirstOrDefault(option => parsed.GetValue(option) is not null) is { } useless)
        {
            throw file is null
                ? new Misuse($"{useless.Name} is for models, and none is named", "name one with --model FILE, or leave it out")
                : new Misuse($"{useless.Name} is for pretended instances, and a model is named", "leave one of them out");
        }

        if (parsed.GetValue(context) is not null && parsed.GetValue(kvBlocks) is not null)
        {
            throw new Misuse("--context and --kv-blocks are both given", "leave one of them out");
        }
    }

    private static string? Called(string? text) => text is null || (text.Trim() is { Length: > 0 and <= 256 } && !text.Any(char.IsControl))
        ? text
        : throw new Misuse("--name gives no name that can be asked for", "give 1 to 256 characters on one line, not only blanks");

    private static IPEndPoint Address(string text, bool mayBeOpen)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme != "http" || url.AbsolutePath != "/"
            || !TryAddress(url.Host, out IPAddress? address))
        {
            throw new Misuse($"--listen cannot be `{text}`", $"write http://ADDRESS:PORT with an IP address or localhost, as in `{DefaultListen}`");
        }

        return IPAddress.IsLoopback(address) || mayBeOpen
            ? new IPEndPoint(address, url.Port)
            : throw new Misuse(
                $"--listen {text} can be reached by other machines, and nobody is asked for a key",
                "listen on 127.0.0.1, or add --insecure if that is what you want");
    }

    private static bool TryAddress(string host, out IPAddress address)
    {
        if (host == "localhost")
        {
            address = IPAddress.Loopback;
            return true;
        }

        return IPAddress.TryParse(host.Trim('[', ']'), out address!);
    }

    private static int? Whole(ParseResult parsed, Option<string> option, int least, int most) =>
        parsed.GetValue(option) is { } text ? Read.Whole(option.Name, text, least, most) : null;
}
