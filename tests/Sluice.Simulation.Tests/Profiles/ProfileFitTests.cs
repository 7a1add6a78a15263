using System.IO.Compression;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Profiles;

public sealed class ProfileFitTests
{
    public static TheoryData<string> All => [.. ProfileCatalog.Names];

    [SharedDataTheory]
    [MemberData(nameof(All))]
    public void Fitting_again_gives_the_built_in_file_byte_for_byte(string name) =>
        Assert.Equal(ProfileCatalog.Text(name), ProfileCatalog.Write(ProfileFit.Fit(name, SharedData.Path("profiles"))));

    [SharedDataTheory]
    [InlineData("qwen3-32b-h100-tp2")]
    [InlineData("llama3.1-70b-h200-tp2")]
    [InlineData("qwen3-30b-a3b-rtxpro6000-tp2")]
    public void Other_models_can_be_fitted_to_the_same_tables(string name) =>
        Assert.InRange(ProfileFit.Fit(name, SharedData.Path("profiles")).Origin!.Fit.Mape, 0.001, 0.35);

    [SharedDataTheory]
    [InlineData("llama3-70b-h100", "leave no room for KV")]
    [InlineData("llama3-8b-rtx4090", "has no rows of meta-llama/Meta-Llama-3-8B on RTX4090")]
    [InlineData("qwen3-30b-a3b-h100", "dense model")]
    [InlineData("llama3-8b-h100-tp3", "dense model")]
    public void What_the_tables_cannot_tell_is_said(string name, string because)
    {
        FormatException error = Assert.Throws<FormatException>(() => ProfileFit.Fit(name, SharedData.Path("profiles")));

        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama9-8b-h100")]
    [InlineData("llama3-8b-h100-tp")]
    [InlineData("llama3-8b-h100-tp0")]
    [InlineData("")]
    public void A_name_that_is_none_is_answered_with_the_models_and_the_hardware(string name)
    {
        FormatException error = Assert.Throws<FormatException>(() => ProfileFit.Fit(name, "."));

        Assert.Contains("llama3.1-8b", error.Message, StringComparison.Ordinal);
        Assert.Contains("rtxpro6000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_is_not_there_is_named()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;

        FormatException error = Assert.Throws<FormatException>(() => ProfileFit.Fit("llama3-8b-h100", folder));

        Assert.Contains("aic_gemm_bf16.csv.gz", error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("system,stack\nh100_sxm,x\n", "line 1 has no column `n`")]
    [InlineData("system,n,k,m,latency_ms\nh100_sxm,1\n", "line 2 has 2 cells")]
    [InlineData("system,n,k,m,latency_ms\nh100_sxm,1,1,1,soon\n", "`soon`")]
    public void A_broken_table_is_answered_with_the_place(string text, string because)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        using (StreamWriter writer = new(new GZipStream(
            File.Create(Path.Combine(folder, "aic_gemm_bf16.csv.gz")), CompressionLevel.Fastest)))
        {
            writer.Write(text);
        }

        FormatException error = Assert.Throws<FormatException>(() => ProfileFit.Fit("llama3-8b-h100", folder));

        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 8)]
    [InlineData(100_000, 128)]
    public void A_batch_wakes_at_most_all_experts(int tokens, double experts) =>
        Assert.Equal(experts, ModelShape.All.Single(m => m.Experts > 0).ExpertsAwake(tokens), 1e-9);

    [Fact]
    public void The_belief_of_every_profile_grows_with_its_load() =>
        Assert.All(ProfileCatalog.Names, name => ((FiveTermLatencyModel)ProfileCatalog.Load(name).Latency).Checked());
}
