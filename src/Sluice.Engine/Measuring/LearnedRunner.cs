using Sluice.Core.Latency;

namespace Sluice.Engine.Measuring;

/// <summary>A model runner with another belief of how long its steps take.</summary>
/// <param name="inner">The runner; this one owns it.</param>
/// <param name="latency">The belief.</param>
internal sealed class LearnedRunner(IModelRunner inner, ILatencyModel latency) : IModelRunner
{
    /// <inheritdoc/>
    public ModelFacts Facts { get; } = inner.Facts with { Latency = latency };

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) => inner.Tokenize(text, addSpecial, parseSpecial);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Piece(int token) => inner.Piece(token);

    /// <inheritdoc/>
    public bool IsEnd(int token) => inner.IsEnd(token);

    /// <inheritdoc/>
    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages) => inner.ApplyTemplate(messages);

    /// <inheritdoc/>
    public void Check(GenerationRequest request) => inner.Check(request);

    /// <inheritdoc/>
    public void Run(Step step) => inner.Run(step);

    /// <inheritdoc/>
    public void Release(Choice choice) => inner.Release(choice);

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
