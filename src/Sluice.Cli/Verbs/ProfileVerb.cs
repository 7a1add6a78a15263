using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice profile</c>: the latency and memory profiles there are, and making new ones from kernel times or by measuring.</summary>
internal static class ProfileVerb
{
    public static Command Make() => new Verb("profile", "Lists, shows, fits and measures latency and memory profiles.")
    {
        Subcommands = { List(), Show(), Fit(), MeasureVerb.Make() },
    };

    private static Verb List()
    {
        Verb verb = new("list", "Prints the built-in profiles.");
        verb.SetAction(_ =>
        {
            TextTable table = new(
                1, "profile", "KV blocks", "block size", "KV tokens", "step tokens", "step sequences", "fit MAPE", "fit R2");
            foreach (Profile profile in ProfileCatalog.Names.Select(ProfileCatalog.Load))
            {
                table.Add(
                    profile.Name,
                    Whole(profile.Blocks),
                    Whole(profile.BlockSize),
                    Whole((long)profile.Blocks * profile.BlockSize),
                    Whole(profile.StepTokens),
                    Whole(profile.StepSequences),
                    profile.Origin is { } origin ? Shown.Percent(origin.Fit.Mape) : "-",
                    profile.Origin is { } fitted ? Shown.Number(fitted.Fit.R2) : "-");
            }

            table.Write(Console.Out, null);
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static Verb Show()
    {
        Verb verb = new("show", "Prints a profile as the JSON of a profile file.")
        {
            Examples = ["sluice profile show llama3-8b-h100 > mine.json"],
        };
        Argument<string> name = new("NAME") { Description = "a built-in profile or a profile file" };
        verb.Arguments.Add(name);
        verb.SetAction(parsed =>
        {
            Console.Out.Write(ProfileCatalog.Write(ProfileCatalog.Load(parsed.GetRequiredValue(name))));
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static Verb Fit()
    {
        Verb verb = new("fit", "Fits a profile from kernel times; the same times give the same bytes.")
        {
            Examples = ["sluice profile fit --name llama3-8b-h100 --data ../shared/data/profiles --out llama3-8b-h100.json"],
        };
        Option<string> name = Flag.Text("--name", "NAME", "MODEL-HARDWARE[-tpN]");
        Option<string> data = Flag.Text("--data", "DIR", "the folder of the kernel tables");
        Option<string> output = Flag.Text("--out", "FILE", "where to; standard output by default");
        verb.Options.Add(name);
        verb.Options.Add(data);
        verb.Options.Add(output);
        verb.SetAction(parsed =>
        {
            string wanted = parsed.GetValue(name)
                ?? throw new Misuse("there is no name", "say what to fit with --name MODEL-HARDWARE[-tpN]");
            string folder = parsed.GetValue(data)
                ?? throw new Misuse("there are no kernel times", "name their folder with --data DIR");
            if (!Directory.Exists(folder))
            {
                throw new Misuse($"there is no folder `{folder}`", "name the folder of the kernel tables with --data DIR");
            }

            using OutputFile file = OutputFile.Open("--out", parsed.GetValue(output) ?? "-", allowStandardOutput: true)!;
            file.Write(ProfileCatalog.Write(ProfileFit.Fit(wanted, folder)));
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);
}
