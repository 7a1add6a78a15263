using System.Diagnostics;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary><c>sluice model make</c> and <c>sluice profile measure</c>, as a shell sees them.</summary>
public sealed class ModelVerbTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sluice").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_model_is_made_and_nothing_else_is_left()
    {
        (int code, string error) = Sluice("model", "make", "--type", "q8_0", "--seed", "7", "--out", "a.gguf");

        Assert.Equal(0, code);
        Assert.Contains("4.2 million parameters", error, StringComparison.Ordinal);
        Assert.Equal(["a.gguf"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [Fact]
    public void A_measured_profile_holds_what_policies_believe_and_what_steps_take()
    {
        Sluice("model", "make", "--seed", "7", "--out", "a.gguf");
        (int code, string error) = Sluice("profile", "measure", "--model", "a.gguf", "--threads", "1", "--context", "2048", "--for", "1s", "--out", "a.json");

        Assert.True(code == 0, error);
        Assert.Contains("of the step times", error, StringComparison.Ordinal);
        Profile profile = ProfileCatalog.Load(Path.Combine(folder, "a.json"));
        StepShape shape = default;
        shape.Add(1, 100, samples: true);
        Assert.True(profile.Latency.Step(shape) > 0);
        Assert.True(profile.Steps!.Milliseconds(shape) > 0);
        Assert.Equal(profile.Steps.Milliseconds(shape), profile.StepMilliseconds(shape));
    }

    [Theory]
    [InlineData("model make", "there is no file to write", "--out FILE")]
    [InlineData("model make --size 111m --out a", "no model size is called `111m`", "did you mean `110m`?")]
    [InlineData("model make --size heads=3 --out a", "width is 256 and heads 3", "multiple of heads")]
    [InlineData("model make --type q4 --out a", "no type of weights is called `q4`", "`q4_0`")]
    [InlineData("model make --seed -1 --out a", "--seed cannot be `-1`", "give a whole number")]
    [InlineData("model make --out /nowhere/a", "its folder does not exist", "make the folder")]
    [InlineData("model make --out .", "it is a folder", "name another file")]
    public void A_wrong_command_gets_a_cause_and_a_hint_and_exit_code_2(string arguments, string cause, string hint)
    {
        (int code, string error) = Sluice(arguments.Split(' '));

        Assert.Equal(2, code);
        string[] lines = error.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains(cause, lines[0], StringComparison.Ordinal);
        Assert.Contains(hint, lines[1], StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private (int Code, string Error) Sluice(params string[] arguments)
    {
        ProcessStartInfo start = SluiceCommand.With(arguments);
        start.WorkingDirectory = folder;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
