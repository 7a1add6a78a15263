using System.Globalization;
using BenchmarkDotNet.Attributes;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;

namespace Sluice.Benchmarks;

/// <summary>What it costs to predict one answer's length, and what is left of one under way.</summary>
/// <remarks>A linear model trained on 1,000 made-up prompts. Bounds: 60 µs for a prompt of 1 KB, nothing allocated.</remarks>
[MemoryDiagnoser]
public class LengthBenchmarks
{
    private const int Answers = 1000;

    private static readonly string[] Words =
        "write explain list an essay story code about the of in history bridges clocks glass python function three 12 words please"
            .Split(' ');

    private TrainedLengths predictor = null!;
    private LengthEstimate estimate;
    private string prompt = "";

    [Params(100, 1024, 10240)]
    public int Characters { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        LengthSample[] samples = [.. Enumerable.Range(0, Answers).Select(i =>
            LengthSample.Of(new PromptFacts(Text(i, 40 + (i * 7 % 400))), 20 + (i * 31 % 700)))];
        predictor = new TrainedLengths(
            LengthTrainer.Train(samples, new LengthTraining { Passes = 1 }, "made up"),
            new LengthAbstention { HeldOutTau = -1 });
        prompt = Text(1, Characters);
        estimate = Predict()!.Value;
    }

    [Benchmark]
    public LengthEstimate? Predict() => predictor.Predict(new PromptFacts(prompt) { PromptTokens = 200 });

    [Benchmark]
    public double MeanLeft() => estimate.MeanLeft(64);

    /// <summary>So many characters of words in a made-up order, each sentence with a number of its own.</summary>
    private static string Text(int seed, int characters)
    {
        string text = "";
        for (int i = seed; text.Length < characters; i++)
        {
            text += Words[i * 7 % Words.Length] + " " + Words[i * i % Words.Length] + " "
                + (i % 9 == 0 ? i.ToString(CultureInfo.InvariantCulture) + ". " : "");
        }

        return text[..characters];
    }
}
