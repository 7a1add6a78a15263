using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulation.Tests.Lengths;

/// <summary>Made-up prompt files: answers are the longer the longer the task, the same for each model but for a factor.</summary>
internal static class PromptLines
{
    private static readonly string[] Tasks = ["name", "translate", "summarize", "explain", "narrate"];
    private static readonly string[] Topics = ["cats", "bridges", "moons", "clocks", "rivers", "glass", "trade", "music"];

    /// <summary>So many prompts, each answered by `small` and, three times as long, by `large`.</summary>
    public static string Predictable(int count, int seed)
    {
        Random chance = new(seed);
        return string.Concat(Enumerable.Range(0, count).Select(i =>
        {
            int task = chance.Next(Tasks.Length);
            string letters = string.Concat(Enumerable.Range(0, 4).Select(_ => (char)('a' + chance.Next(26))));
            double tokens = 10 * Math.Pow(2.2, task) * Math.Exp(0.4 * (chance.NextDouble() - 0.5));
            return Line(
                $"Please {Tasks[task]} {Topics[chance.Next(Topics.Length)]} and {Topics[chance.Next(Topics.Length)]} in {letters}.",
                ("small", (int)tokens),
                ("large", (int)(3 * tokens)));
        }));
    }

    public static string Line(string prompt, params (string Model, int Tokens)[] answers) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"prompt\":{JsonSerializer.Serialize(prompt)},\"prompt_tokens\":9,\"out\":{{{string.Join(',', answers.Select(answer => $"\"{answer.Model}\":{answer.Tokens}"))}}}}}\n");
}
