using Sluice.Core.Batching;
using Sluice.Engine;
using Sluice.Engine.Pretending;
using Sluice.Serving.Tests.Engine;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>A pretended model whose answers are as long as the first word of the prompt asks for, and a little by chance.</summary>
internal sealed class ObedientRunner : IModelRunner
{
    private static readonly (string Verb, int Tokens)[] Tasks = [("Name", 2), ("Translate", 6), ("Explain", 18), ("Write", 40)];
    private static readonly string[] Topics = ["cats", "bridges", "old clocks", "rivers", "glass", "trade", "music"];

    private readonly PretendRunner inner = new(Engines.Model(speed: 40) with { MedianAnswer = 1e6 });

    public ModelFacts Facts => inner.Facts;

    /// <summary>The prompt with a number: tasks in turn, topics by chance.</summary>
    public static string Prompt(int number)
    {
        Random chance = new(number);
        string letters = string.Concat(Enumerable.Range(0, 3).Select(_ => (char)('a' + chance.Next(26))));
        return $"{Tasks[number % Tasks.Length].Verb} {Topics[chance.Next(Topics.Length)]} and {Topics[chance.Next(Topics.Length)]} for {letters}.";
    }

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => inner.Tokenize(text, addSpecial, parseSpecial);

    public ReadOnlySpan<byte> Piece(int token) => inner.Piece(token);

    public bool IsEnd(int token) => inner.IsEnd(token);

    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages) => inner.ApplyTemplate(messages);

    public void Run(Step step)
    {
        inner.Run(step);
        ReadOnlySpan<Slice> slices = step.Batch.Slices;
        for (int i = 0; i < slices.Length; i++)
        {
            Choice choice = LiveRequest.ChoiceOf(slices[i].Sequence);
            if (slices[i].Emits && choice.Request.Asked.Sampling.MayEnd && choice.Answer.Count + 1 >= Length(choice.Request.Prompt))
            {
                step.Tokens[i] = new SampledToken(PretendTokenizer.End);
            }
        }
    }

    public void Release(Choice choice) => inner.Release(choice);

    public void Dispose() => inner.Dispose();

    private int Length(int[] prompt)
    {
        char first = (char)Piece(prompt[0])[0];
        int tokens = Tasks.First(task => task.Verb[0] == first).Tokens;
        return tokens + (prompt.Sum(token => token % 101) % Math.Max(tokens / 3, 1));
    }
}
