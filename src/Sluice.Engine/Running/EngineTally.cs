using Sluice.Core.Batching;

namespace Sluice.Engine.Running;

/// <summary>What an engine counts over its life.</summary>
internal sealed class EngineTally
{
    private long started;
    private long completed;
    private long cancelled;
    private long failed;
    private long promptTokens;
    private long cachedTokens;
    private long answerTokens;
    private long preemptions;
    private long recomputedTokens;

    public double DecisionMicros { get; set; }

    public string? Fault { get; set; }

    public void Started() => started++;

    public void Ended(Finish worst)
    {
        completed += worst is Finish.Stop or Finish.Length ? 1 : 0;
        cancelled += worst == Finish.Cancelled ? 1 : 0;
        failed += worst == Finish.Failed ? 1 : 0;
    }

    public void Planned(Batch batch)
    {
        preemptions += batch.Preempted;
        recomputedTokens += batch.Recomputed;
    }

    /// <summary>A paused sequence lost its KV.</summary>
    public void GaveUp() => preemptions++;

    /// <summary>A slice was computed.</summary>
    /// <param name="slice">It.</param>
    /// <param name="known">Tokens of the sequence that had ever been computed before it.</param>
    public void Computed(in Slice slice, int known)
    {
        int prompt = slice.Sequence.Request.PromptTokens;
        promptTokens += Math.Max(Math.Min(slice.End, prompt) - Math.Max(slice.Start, known), 0);
        cachedTokens += known == 0 ? slice.Start : 0;
        answerTokens += slice.Emits ? 1 : 0;
    }

    /// <summary>A snapshot.</summary>
    public EngineState State(NotedScheduler scheduler, int paused, int notAdded) => new()
    {
        Waiting = scheduler.Waiting + notAdded,
        Running = scheduler.Running.Count,
        Paused = paused,
        FreeBlocks = scheduler.Memory.FreeBlocks,
        DeviceBlocks = scheduler.Memory.DeviceBlocks,
        FreeHostBlocks = scheduler.Memory.FreeHostBlocks,
        HostBlocks = scheduler.Memory.HostBlocks,
        Started = started,
        Completed = completed,
        Cancelled = cancelled,
        Failed = failed,
        Steps = scheduler.Steps,
        StepMape = scheduler.StepMape,
        PromptTokens = promptTokens,
        CachedTokens = cachedTokens,
        AnswerTokens = answerTokens,
        Preemptions = preemptions,
        RecomputedTokens = recomputedTokens,
        OffloadedBlocks = scheduler.Memory.OffloadedBlocks,
        ReloadedBlocks = scheduler.Memory.RestoredBlocks,
        DecisionMicros = DecisionMicros,
        Fault = Fault,
    };
}
