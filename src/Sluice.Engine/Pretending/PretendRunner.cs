using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Engine.Pretending;

/// <summary>A model that is none: it answers at the pace of a latency profile, in real time, with made-up text.</summary>
/// <remarks>
/// For trying a fleet, a policy or a client without a GPU: all is as with a model, only the words mean nothing. Sampling parameters change nothing
/// but by the seed. Copies to the host are done within the step that orders them.
/// </remarks>
public sealed class PretendRunner : IModelRunner
{
    /// <summary>Groups of layers a reload is cut into, as in the simulator: each is copied while the one before computes.</summary>
    private const int LayerGroups = 4;

    private const int PieceBytes = 4;

    private readonly PretendOptions options;
    private readonly Func<StepShape, double> truth;

    /// <summary>A model of that kind.</summary>
    /// <exception cref="ArgumentException">An option cannot be; the message says which.</exception>
    public PretendRunner(PretendOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Checked();
        truth = options.StepMilliseconds ?? (shape => options.Latency.Step(shape));
        Facts = new ModelFacts
        {
            Name = options.Name,
            Backend = "pretend",
            ContextTokens = (int)Math.Min(options.ContextTokens, (long)options.Kv.DeviceBlocks * options.Kv.BlockSize),
            VocabularySize = PretendTokenizer.VocabularySize,
            Kv = options.Kv,
            Limits = options.Limits,
            Latency = options.Speed == 1 ? options.Latency : new FasterLatencyModel(options.Latency, options.Speed),
            Copy = new CopyModel(options.Copy.PerBlock / options.Speed, options.Copy.PerCopy / options.Speed),
        };
    }

    /// <inheritdoc/>
    public ModelFacts Facts { get; }

    /// <inheritdoc/>
    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PretendTokenizer.Split(text);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Piece(int token)
    {
        byte[] bytes = new byte[PieceBytes];
        return bytes.AsSpan(0, PretendTokenizer.Piece(token, bytes));
    }

    /// <inheritdoc/>
    public bool IsEnd(int token) => token is PretendTokenizer.End or PretendTokenizer.EndOfTurn;

    /// <inheritdoc/>
    public int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<int> tokens = [];
        foreach (ChatMessage message in messages)
        {
            tokens.Add(PretendTokenizer.Role(message.Role) ?? throw new GenerationRefusedException(
                Refusal.Invalid, "messages", $"No message can be from `{message.Role}`. Choose system, user, assistant or tool."));
            tokens.AddRange(PretendTokenizer.Split(message.Content));
            tokens.Add(PretendTokenizer.EndOfTurn);
        }

        tokens.Add(PretendTokenizer.Role("assistant")!.Value);
        return [.. tokens];
    }

    /// <inheritdoc/>
    public void Run(Step step)
    {
        ArgumentNullException.ThrowIfNull(step);
        long start = Stopwatch.GetTimestamp();
        int restored = 0;
        foreach (ref readonly KvEntry entry in step.Journal.Entries)
        {
            restored += entry.Move == KvMove.Restore ? 1 : 0;
        }

        ReadOnlySpan<Slice> slices = step.Batch.Slices;
        Span<SampledToken> tokens = step.Tokens;
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i].Emits)
            {
                tokens[i] = Sample(LiveRequest.ChoiceOf(slices[i].Sequence));
            }
        }

        double compute = slices.Length == 0 ? 0 : truth(step.Batch.Shape) / options.Speed;
        double copy = Facts.Copy.Milliseconds(restored);
        double whole = restored == 0 ? compute : Math.Max((copy / LayerGroups) + compute, copy + (compute / LayerGroups));
        PreciseWait.Until(start, whole);
        double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        step.CopyMilliseconds = whole - compute;
        step.ComputeMilliseconds = took - step.CopyMilliseconds;
    }

    /// <inheritdoc/>
    public void Release(Choice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        choice.RunnerState = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private SampledToken Sample(Choice choice)
    {
        var answer = (PretendAnswer?)choice.RunnerState;
        if (answer is null)
        {
            answer = new PretendAnswer(SeedOf(choice), options.MedianAnswer);
            choice.RunnerState = answer;
        }

        SamplingOptions sampling = choice.Request.Asked.Sampling;
        int token = answer.NextToken(sampling.MayEnd);
        return sampling.LogProbabilities ? Likely(token, sampling.TopLogProbabilities) : new SampledToken(token);
    }

    /// <summary>Probabilities that look like some: 0.6 for the token, and less and less for its neighbours.</summary>
    private static SampledToken Likely(int token, int alternatives)
    {
        float probability = MathF.Log(0.6f);
        var best = new TokenProbability[alternatives];
        for (int i = 0; i < alternatives; i++)
        {
            best[i] = i == 0
                ? new TokenProbability(token, probability)
                : new TokenProbability((token + i) % PretendTokenizer.End, MathF.Log(0.3f) - (i * MathF.Log(2)));
        }

        return new SampledToken(token, probability, best);
    }

    /// <summary>FNV-1a over prompt and seed; the number of the choice counts unless the likeliest tokens are asked for.</summary>
    private static ulong SeedOf(Choice choice)
    {
        SamplingOptions sampling = choice.Request.Asked.Sampling;
        ulong hash = 0xCBF29CE484222325UL;
        foreach (int token in choice.Request.Prompt)
        {
            hash = (hash ^ (uint)token) * 0x100000001B3UL;
        }

        hash = (hash ^ (sampling.Seed ?? 0)) * 0x100000001B3UL;
        return sampling.Temperature == 0 ? hash : (hash ^ (uint)choice.Index) * 0x100000001B3UL;
    }
}
