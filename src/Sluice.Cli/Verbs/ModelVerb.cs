using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice model</c>: makes models to try things with.</summary>
internal static class ModelVerb
{
    private static readonly (string Name, WeightType Type)[] Types =
    [
        ("f32", WeightType.F32),
        ("f16", WeightType.F16),
        ("q4_0", WeightType.Q4),
        ("q8_0", WeightType.Q8),
    ];

    public static Command Make(CancellationToken cancel) => new Verb("model", "Makes models to try things with.")
    {
        Subcommands = { MakeOne(cancel) },
    };

    private static Verb MakeOne(CancellationToken cancel)
    {
        Verb verb = new("make", "Writes a GGUF model with random weights; the same seed gives the same bytes.")
        {
            Names = [new("Sizes", [.. ModelShape.All.Select(named => (named.Name, named.Summary))])],
            Examples =
            [
                "sluice model make --size 110m --type q4_0 --seed 1 --out 110m.gguf",
                "sluice model make --size layers=8,width=512,heads=8,kv=4,ffn=1536,vocab=8192 --out small.gguf",
            ],
        };
        Option<string> size = Flag.Text("--size", "SIZE", $"a name below, or key=value,… of {string.Join(", ", ModelShape.Keys)} (default tiny)");
        Option<string> type = Flag.Text("--type", "TYPE", $"how weights are stored: {string.Join(", ", Types.Select(one => one.Name))} (default q4_0)");
        Option<string> seed = Flag.Text("--seed", "N", "seed of all chance (default 1)");
        Option<string> output = Flag.Text("--out", "FILE", "where to");
        verb.Options.Add(size);
        verb.Options.Add(type);
        verb.Options.Add(seed);
        verb.Options.Add(output);
        verb.SetAction(parsed =>
        {
            string path = parsed.GetValue(output) ?? throw new Misuse("there is no file to write", "name one with --out FILE");
            ModelShape shape = ModelShape.Parse(parsed.GetValue(size) ?? "tiny");
            int number = parsed.GetValue(seed) is { } text ? Read.Whole("--seed", text, 0, int.MaxValue) : 1;
            GgufWriter file = RandomModel.Of(shape, TypeOf(parsed.GetValue(type) ?? "q4_0"), (ulong)number);
            Write(file, path, cancel);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {shape.Parameters / 1e6:0.0} million parameters, {new FileInfo(path).Length / 1e6:0.0} MB"));
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static WeightType TypeOf(string name) =>
        Types.Any(one => one.Name == name)
            ? Types.First(one => one.Name == name).Type
            : throw new UnknownNameException("type of weights", name, [.. Types.Select(one => one.Name)]);

    /// <summary>Writes beside the file and renames at the end, so that half a model is never taken for a whole one.</summary>
    private static void Write(GgufWriter file, string path, CancellationToken cancel)
    {
        using (OutputFile.Open("--out", path, allowStandardOutput: false))
        {
            // Only to hear now, and in the usual words, that it cannot be written.
        }

        string partial = path + ".partial";
        try
        {
            using (ProgressLine progress = new(file.TensorBytes >> 20, "MiB"))
            using (FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20))
            {
                long shown = 0;
                file.Write(
                    stream,
                    written =>
                    {
                        progress.Add((written >> 20) - shown);
                        shown = written >> 20;
                    },
                    cancel);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
