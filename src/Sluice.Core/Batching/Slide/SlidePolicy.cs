using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Plans who can be on time and serves them by deadline; the others by gain for a millisecond.</summary>
/// <remarks>
/// <para>A walk over the prompts by deadline, with what running answers take in the background, drops whoever brings least for its
/// time wherever it comes too late. Gain is that of the whole answer, whose length is learnt from those before. Answers that are
/// ahead wait while prompts are short of time, and give their blocks up while prompts are short of memory, to bring them back from
/// the host or compute them again later. Starts from SlideBatching (proserve.md (c), (g.1)).</para>
/// <para>Nobody starves: of the time of each step a share s is put by for whoever was passed over first, and pays for its computing and
/// for the blocks it will hold. With c ms of computing and m ms of memory in all that came before it and has no first token, and c0
/// and m0 of its own, its first token comes within (c + m + 2·c0 + m0)/s of its deadline.</para>
/// </remarks>
public sealed class SlidePolicy : IBatchPolicy
{
    private const int Renewed = 16;

    private readonly BatchPolicyContext context;
    private readonly AnswerLengths lengths = new();
    private readonly Appraiser appraiser;
    private readonly Prefills prefills = new();
    private readonly Decodes decodes = new();
    private readonly StepForming forming;
    private readonly List<Sequence> arrivals = [];
    private int begun;

    /// <summary>The policy of one instance.</summary>
    public SlidePolicy(SlideOptions options, BatchPolicyContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        this.context = context;
        TakesTurns = options.Copy;
        appraiser = new Appraiser(lengths, context.Copy, options.Reserve);
        forming = new StepForming(options, context, appraiser, prefills, decodes, arrivals);
    }

    /// <inheritdoc/>
    public int Waiting
    {
        get
        {
            int waiting = prefills.Count - begun;
            foreach (Sequence sequence in arrivals)
            {
                waiting += sequence.State == SequenceState.Waiting ? 1 : 0;
            }

            return waiting;
        }
    }

    /// <inheritdoc/>
    public bool TakesTurns { get; }

    /// <summary>The mean of the answers that ended, tokens.</summary>
    internal double MeanAnswer => lengths.Mean;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        sequence.State = SequenceState.Waiting;
        arrivals.Add(sequence);
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            Forget(sequence);
        }
        else
        {
            arrivals.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public void Ended(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Generated > 0 && context.Role != InstanceRole.Prefill)
        {
            lengths.Learn(sequence);
        }
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Sequences;
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TakeIn(batch, now);
        Look(batch, now);
        if (prefills.Count + decodes.Count == 0)
        {
            return;
        }

        if (prefills.Count > 0)
        {
            Renew(batch, now);
        }

        begun += forming.Form(batch, now);
        DropEvicted();
    }

    private void TakeIn(Batch batch, Instant now)
    {
        foreach (Sequence sequence in arrivals)
        {
            if (sequence.State == SequenceState.Waiting)
            {
                Take(sequence, batch, now);
            }
        }

        arrivals.Clear();
    }

    private void Take(Sequence sequence, Batch batch, Instant now)
    {
        if (batch.RefuseIfTooLarge(sequence))
        {
            return;
        }

        Reach reach = batch.Memory.Probe(sequence);
        prefills.Add(sequence, reach, appraiser.Appraise(sequence, reach, batch, now));
        begun += sequence.State == SequenceState.Running ? 1 : 0;
    }

    /// <summary>Sorts out who runs: answers, and whoever lacks more KV: begun, partly evicted, or back from a pause.</summary>
    private void Look(Batch batch, Instant now)
    {
        decodes.Clear();
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            if (Decodes.IsDecode(sequence))
            {
                if (sequence.Slot >= 0)
                {
                    Forget(sequence);
                }

                decodes.Add(sequence, batch.Latency);
                continue;
            }

            if (sequence.Slot < 0)
            {
                Take(sequence, batch, now);
                continue;
            }

            Reach reach = batch.Memory.Probe(sequence);
            if (reach != prefills.ReachOf(sequence))
            {
                prefills.Update(sequence, reach, appraiser.Appraise(sequence, reach, batch, now));
            }
        }

        decodes.Sort();
    }

    /// <summary>Appraises a few of the waiting afresh.</summary>
    private void Renew(Batch batch, Instant now)
    {
        prefills.Age(now);
        int most = Math.Min(Renewed, prefills.Count);
        for (int i = 0; i < most; i++)
        {
            Sequence sequence = prefills.NextInRotation();
            Reach reach = i == 0 ? batch.Memory.Probe(sequence) : prefills.ReachOf(sequence);
            prefills.Update(sequence, reach, appraiser.Appraise(sequence, reach, batch, now));
        }
    }

    private void DropEvicted()
    {
        foreach (Sequence sequence in arrivals)
        {
            if (sequence.Slot >= 0)
            {
                prefills.Remove(sequence);
                begun--;
            }
        }
    }

    private void Forget(Sequence sequence)
    {
        begun -= sequence.State == SequenceState.Running ? 1 : 0;
        prefills.Remove(sequence);
    }
}
