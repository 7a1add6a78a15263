using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Profiles;

public sealed class ProfileCatalogTests
{
    public static TheoryData<string> All => [.. ProfileCatalog.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Every_built_in_profile_says_what_it_is(string name)
    {
        Profile profile = ProfileCatalog.Load(name);

        Assert.Equal(name, profile.Name);
        Assert.StartsWith($"{profile.Origin!.Model}-{profile.Origin.Hardware}", name, StringComparison.Ordinal);
        Assert.NotEmpty(profile.Origin.Sources);
        Assert.InRange(profile.Origin.Fit.Mape, 0.001, 0.3);
        Assert.InRange(profile.Blocks, 1000, 200_000);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void No_step_gets_shorter_by_holding_more_beyond_the_scatter_of_its_tables(string name)
    {
        Profile profile = ProfileCatalog.Load(name);
        double before = 0;
        for (int decodes = 1; decodes <= 128; decodes *= 2)
        {
            double time = profile.StepMilliseconds(Decodes(decodes, 1000));
            Assert.True(time > before * 0.95, $"{decodes} decodes take {time} ms, half of them {before} ms");
            before = time;
        }

        before = 0;
        for (int tokens = 16; tokens <= 16384; tokens *= 2)
        {
            StepShape shape = default;
            shape.Add(tokens, 0, samples: true);
            double time = profile.StepMilliseconds(shape);
            Assert.True(time > before, $"{tokens} tokens take {time} ms, half of them {before} ms");
            before = time;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_saved_profile_is_the_same_text_when_it_is_read_and_written_again(string name) =>
        Assert.Equal(ProfileCatalog.Text(name), ProfileCatalog.Write(ProfileCatalog.Load(name)));

    [Fact]
    public void A_profile_can_be_saved_and_loaded_by_its_path()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "mine.json");
        Profile profile = ProfileCatalog.Load(ProfileCatalog.Default) with { Name = "mine", Blocks = 77 };

        ProfileCatalog.Save(profile, path);

        Assert.Equal(77, ProfileCatalog.Load(path).Blocks);
        File.Delete(path);
    }

    [Fact]
    public void An_unknown_name_gets_the_nearest_one()
    {
        UnknownNameException error = Assert.Throws<UnknownNameException>(() => ProfileCatalog.Load("llama3-8b-h10"));

        Assert.Contains("llama3-8b-h100", error.Hint, StringComparison.Ordinal);
        Assert.Contains("qwen3-32b-rtxpro6000", error.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"blocks\": 28236", "\"blocks\": 0", "$.blocks is 0")]
    [InlineData("\"blocks\": 28236", "\"blocks\": \"many\"", "$.blocks")]
    [InlineData("\"blocks\": 28236,", "", "'blocks'")]
    [InlineData("\"blocks\": 28236", "\"bloks\": 1, \"blocks\": 28236", "$.bloks")]
    [InlineData("\"prefillToken\": ", "\"prefillToken\": -", "PrefillToken")]
    [InlineData("\"dense\": [[", "\"dense\": [[1,2,3],[", "$.steps.dense")]
    [InlineData("{", "", "line 2")]
    public void A_broken_file_is_answered_with_the_place(string from, string to, string place)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "broken.json");
        string text = ProfileCatalog.Text("llama3-8b-h100");
        int at = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, $"the profile has no {from}");
        File.WriteAllText(path, text[..at] + to + text[(at + from.Length)..]);

        FormatException error = Assert.Throws<FormatException>(() => ProfileCatalog.Load(path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    private static StepShape Decodes(int count, int context)
    {
        StepShape shape = default;
        for (int i = 0; i < count; i++)
        {
            shape.Add(1, context, samples: true);
        }

        return shape;
    }
}
