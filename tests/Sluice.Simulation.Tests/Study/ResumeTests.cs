using Sluice.Study;
using static Sluice.Simulation.Tests.Study.Measured;

namespace Sluice.Simulation.Tests.Study;

public sealed class ResumeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sluice").FullName;

    private SceneStore Store => new(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Saved_results_are_found_again_and_say_the_same()
    {
        SceneResult saved = Scene(SceneKind.Batching, Run("fcfs", 0.25), Run("slide", 0.75)).Result;

        Store.Save(saved);
        SceneResult found = Store.Find("made-up", "inputs")!;

        Assert.Equal(saved.Command, found.Command);
        Assert.Equal([0.25, 0.75], found.Runs.Select(run => run.GainRatio));
        Assert.Equal(0.95, found.Runs[1].ClassAttainment["high"]);
        Assert.Empty(Directory.EnumerateFiles(folder, "*.new"));
    }

    [Fact]
    public void Results_of_other_inputs_are_not_taken()
    {
        Store.Save(Scene(SceneKind.Batching, Run("fcfs", 0.25)).Result);

        Assert.Null(Store.Find("made-up", "other inputs"));
        Assert.Null(Store.Find("another", "inputs"));
    }

    [Fact]
    public void A_file_that_is_no_result_is_named()
    {
        File.WriteAllText(Path.Combine(folder, "made-up.json"), "{ \"schema\": ");

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Store.Find("made-up", "inputs"));

        Assert.Contains("made-up.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("--fresh", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_digest_follows_what_is_run_and_not_what_it_is_called()
    {
        File.WriteAllText(Path.Combine(folder, "none.csv"), "arrival_s,prompt_tokens,answer_tokens\n0,1,1\n");
        Scene scene = Scene(SceneKind.Batching, Run("fcfs", 0.25)).Scene;
        string digest = scene.Digest(folder);

        Assert.Equal(digest, (scene with { Title = "Another title" }).Digest(folder));
        Assert.NotEqual(digest, (scene with { Limit = 11 }).Digest(folder));
        Assert.NotEqual(digest, (scene with { Batchings = ["edf"] }).Digest(folder));
        Assert.NotEqual(digest, (scene with { Saturation = 5 }).Digest(folder));
        Assert.NotEqual(digest, (scene with { Profile = "llama3-8b-a100" }).Digest(folder));
        File.AppendAllText(Path.Combine(folder, "none.csv"), "1,1,1\n");
        Assert.NotEqual(digest, scene.Digest(folder));
    }
}
