using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Sentences;
using Sluice.Core.Lengths.Training;
using Sluice.Simulation.Lengths;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice lengths</c>: trains predictors of answer lengths on prompt files, and measures them.</summary>
internal static class LengthsVerb
{
    private static readonly NameList Losses =
        new("Losses", [.. RankingLosses.All.Select(entry => (entry.Name, entry.Summary))]);

    public static Command Make(CancellationToken cancel) =>
        new Verb("lengths", "Trains predictors of answer lengths, and measures them.")
        {
            Subcommands = { Train(), Evaluate(cancel) },
            Names = [Losses],
        };

    private static Verb Train()
    {
        Verb verb = new("train", "Trains a predictor on prompt files; the same files and seed give the same bytes.")
        {
            Names = [Losses],
            Examples =
            [
                "sluice lengths train --prompts mmlu_pro.jsonl.gz --model mathstral-7B --out mathstral.lengths",
                "sluice lengths train --prompts a.jsonl,b.jsonl --out any-model.lengths",
            ],
        };
        TrainingFlags flags = new(verb);
        Option<string> model = Flag.Text("--model", "NAME", "whose answers to learn; by default the mean over all models");
        Option<string> output = Flag.Text("--out", "FILE", "where to write the model");
        verb.Options.Add(model);
        verb.Options.Add(output);
        verb.SetAction(parsed =>
        {
            string[] files = flags.Files(parsed);
            string path = parsed.GetValue(output) ?? throw new Misuse("there is no file to write", "name it with --out FILE");
            LengthTraining options = flags.Options(parsed);
            OutputFile.RequireApart([.. files.Select(file => ("the prompt file", file))], ("--out", path));
            string? wanted = parsed.GetValue(model);
            PromptSet[] sets = flags.Read(parsed, files);
            LengthSample[] samples = [.. sets.SelectMany(set => Samples(set, wanted))];
            if (samples.Length == 0)
            {
                throw new UnknownNameException(
                    "model of the prompt files", wanted!, [.. sets.SelectMany(set => set.Models).Distinct()]);
            }

            LengthModel trained = LengthTrainer.Train(samples, options, wanted ?? "all");
            byte[] bytes = LengthModelFile.Write(trained);
            File.WriteAllBytes(path, bytes);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{samples.Length} answers, {bytes.Length} bytes, tau-b on held-out prompts {trained.HeldOutTau:0.000} (all pairs)"));
            if (new TrainedLengths(trained).Distrust is { } why)
            {
                Console.Error.WriteLine($"note: the predictor will abstain: {why}");
            }

            return SluiceProgram.Done;
        });
        return verb;
    }

    private static IReadOnlyList<LengthSample> Samples(PromptSet set, string? model)
    {
        if (model is not null)
        {
            return set.Samples(model);
        }

        IReadOnlyList<double?> consensus = set.Consensus(null);
        return [.. set.Prompts.Zip(consensus).Where(pair => pair.Second is not null)
            .Select(pair => PromptSet.Sample(pair.First, pair.Second!.Value, ""))];
    }

    private static Verb Evaluate(CancellationToken cancel)
    {
        Verb verb = new("eval", "Measures by five-fold how well predictors order answers to prompts they have not seen.")
        {
            Names = [Losses],
            Examples = ["sluice lengths eval --prompts zeroeval_gsm.jsonl.gz --models gpt-4o-2024-08-06 --compare-losses"],
        };
        TrainingFlags flags = new(verb);
        Option<string> models = Flag.Text("--models", "NAME[,…]", "whose answers to predict; by default all, where a file has up to three");
        Option<bool> losses = Flag.Switch("--compare-losses", "also trains with every loss on the first model of each file");
        verb.Options.Add(models);
        verb.Options.Add(losses);
        verb.SetAction(parsed =>
        {
            LengthTraining options = flags.Options(parsed);
            string[] wanted = parsed.GetValue(models)?.Split(',') ?? [];
            PromptSet[] sets = flags.Read(parsed, flags.Files(parsed));
            LengthsReport report = new(Console.Out);
            foreach (PromptSet set in sets)
            {
                report.Add(set, Chosen(set, wanted), options, parsed.GetValue(losses), cancel);
            }

            report.Write();
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static IReadOnlyList<string> Chosen(PromptSet set, string[] wanted)
    {
        const int Few = 3;
        string[] chosen = [.. wanted.Where(set.Models.Contains)];
        return chosen.Length > 0 ? chosen
            : set.Models.Count <= Few || set.HasSeveralSamples ? set.Models
            : throw new UnknownNameException($"model of `{set.Name}`", wanted.Length > 0 ? wanted[0] : "", set.Models);
    }

    /// <summary>The flags that training and evaluation share.</summary>
    private sealed class TrainingFlags
    {
        private readonly Option<string> prompts = Flag.Text("--prompts", "FILE[,…]", "JSON lines of prompts and answer lengths");
        private readonly Option<string> loss = Flag.Text("--loss", "NAME", "what to minimize (default margin)");
        private readonly Option<string> hidden = Flag.Text("--hidden", "N", "hidden units over the dense features (default 0)");
        private readonly Option<string> passes = Flag.Text("--passes", "N", "passes over the prompts (default 12, from 3000 prompts on 6)");
        private readonly Option<string> partners = Flag.Text("--partners", "N", "pairs a prompt and pass (default 10)");
        private readonly Option<string> difference = Flag.Text("--least-difference", "X", "share by which a pair's lengths differ (default 0.2)");
        private readonly Option<string> rate = Flag.Text("--rate", "X", "step of Adagrad (default 0.01, from 3000 prompts on 0.05)");
        private readonly Option<string> penalty = Flag.Text("--penalty", "X", "L2 penalty (default 0.0001)");
        private readonly Option<string> encoder = Flag.Text("--encoder", "DIR", "also let this sentence encoder read the prompts (default none)");
        private readonly Option<string> seed = Flag.Text("--seed", "N", "seed of all chance (default 1)");

        public TrainingFlags(Verb verb)
        {
            foreach (Option<string> option in new[] { prompts, loss, hidden, passes, partners, difference, rate, penalty, seed, encoder })
            {
                verb.Options.Add(option);
            }
        }

        public string[] Files(ParseResult parsed) =>
            parsed.GetValue(prompts)?.Split(',') ?? throw new Misuse("there are no prompts", "name their files with --prompts FILE[,…]");

        public PromptSet[] Read(ParseResult parsed, string[] files)
        {
            SentenceEncoder? reader = parsed.GetValue(encoder) is { } folder ? EncoderFolder.Read(folder) : null;
            PromptSet[] sets = [.. files.Select(PromptFile.Read)];
            return reader is null ? sets : [.. sets.Select(set => set.Encoded(reader))];
        }

        public LengthTraining Options(ParseResult parsed)
        {
            LengthTraining usual = new();
            return (usual with
            {
                Loss = parsed.GetValue(loss) ?? usual.Loss,
                HiddenUnits = Whole(parsed, hidden, 0, 256) ?? usual.HiddenUnits,
                Passes = Whole(parsed, passes, 1, 1000),
                Partners = Whole(parsed, partners, 1, 1000) ?? usual.Partners,
                LeastDifference = Number(parsed, difference, 0.99) ?? usual.LeastDifference,
                Rate = Number(parsed, rate, 10),
                Penalty = Number(parsed, penalty, 1) ?? usual.Penalty,
                Seed = Whole(parsed, seed, 0, int.MaxValue) ?? usual.Seed,
            }).Checked();
        }

        private static int? Whole(ParseResult parsed, Option<string> option, int least, int most) =>
            parsed.GetValue(option) is { } text ? Flags.Read.Whole(option.Name, text, least, most) : null;

        private static double? Number(ParseResult parsed, Option<string> option, double most) =>
            parsed.GetValue(option) is { } text ? Flags.Read.Number(option.Name, text, 0, most) : null;
    }
}
