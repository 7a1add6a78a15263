using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;
using Sluice.Simulation.Lengths;

namespace Sluice.Simulation.Traces;

/// <summary>A set of prompts as a trace: one model's answers, in an order and at times drawn by seed.</summary>
/// <remarks>Held in memory, so that many runs read the file once. Prompts that the model did not answer are left out.</remarks>
public sealed class PromptTrace
{
    private readonly AnsweredPrompt[] answered;

    private PromptTrace(PromptSet set, string model, long skippedLines)
    {
        Set = set;
        Model = model;
        SkippedLines = skippedLines;
        answered = [.. set.Prompts.Where(prompt => prompt.Answers.ContainsKey(model))];
    }

    /// <summary>The prompts of the file.</summary>
    public PromptSet Set { get; }

    /// <summary>Whose answers are served.</summary>
    public string Model { get; }

    /// <summary>Bad lines that were left out.</summary>
    public long SkippedLines { get; }

    /// <summary>Reads a prompt file.</summary>
    /// <param name="path">The file, packed by gzip or not.</param>
    /// <param name="model">Whose answers; null where the file has only one model.</param>
    /// <param name="skipBadLines">Whether malformed lines are counted instead of being errors.</param>
    public static PromptTrace Open(string path, string? model, bool skipBadLines)
    {
        (PromptSet set, long skipped) = PromptFile.Read(path, skipBadLines);
        if (model is null && set.Models.Count > 1)
        {
            throw new ArgumentException(
                $"{path} has answers of {set.Models.Count} models. Choose one as FILE#MODEL, such as `{path}#{set.Models[0]}`; "
                + $"the models are {string.Join(", ", set.Models)}.");
        }

        return model is null || set.Models.Contains(model)
            ? new PromptTrace(set, model ?? set.Models[0], skipped)
            : throw new UnknownNameException($"model of `{set.Name}`", model, set.Models);
    }

    /// <summary>The requests in order of arrival: every prompt once, or so many times, each time in another order.</summary>
    /// <param name="seed">The seed of order and arrivals, and of the sample where a prompt was answered several times. Streams.</param>
    /// <param name="rate">Requests a second (Poisson). Default 1.</param>
    /// <param name="repeat">How often the set is gone through. Default 1.</param>
    public IEnumerable<TraceRecord> Read(int seed, double rate = 1, int repeat = 1) =>
        TracePlacement.AsPoisson(Shuffled(seed, repeat), rate, seed);

    private IEnumerable<TraceRecord> Shuffled(int seed, int repeat)
    {
        RandomStreams streams = new(seed);
        RandomStream order = streams.Stream("prompt-order");
        RandomStream sample = streams.Stream("prompt-samples");
        AnsweredPrompt[] shuffled = [.. answered];
        for (int time = 0; time < repeat; time++)
        {
            for (int i = shuffled.Length - 1; i > 0; i--)
            {
                int other = order.Next(i + 1);
                (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
            }

            foreach (AnsweredPrompt prompt in shuffled)
            {
                double[] answers = prompt.Answers[Model];
                int tokens = new PromptFacts(prompt.Text) { PromptTokens = prompt.Tokens }.CountedTokens;
                yield return new TraceRecord(
                    default, Math.Max(tokens, 1), (int)answers[sample.Next(answers.Length)], 0, PromptBlocks.Unknown)
                {
                    Text = prompt.Text,
                };
            }
        }
    }
}
