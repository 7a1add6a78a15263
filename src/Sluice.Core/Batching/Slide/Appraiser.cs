using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Appraises prefills: the gain of the whole expected answer against the time it takes.</summary>
/// <remarks>
/// <para>Gain: the first token if it can still be on time, and each later token that is. An answer that starts late by δ catches
/// up TPOT − pace a step, so its first δ/(TPOT − pace) tokens are lost; with lengths of mean E that leaves
/// E·exp(−δ/(TPOT − pace)/E) of them. An answer that can still be on time from its first token counts three quarters of a mean answer more:
/// callers count whole answers as well as tokens.</para>
/// <para>Time: what is missing of the prompt, and E steps of decoding. As long as memory is full, the constants of the steps are shared by
/// those whose blocks are in it, so each step costs a sequence its part of the constant as well.</para>
/// </remarks>
/// <param name="lengths">What is known of lengths.</param>
/// <param name="copy">How long copies to the host take.</param>
/// <param name="reserves">Whether memory is kept for nine tenths of what an estimate says is to come.</param>
internal sealed class Appraiser(AnswerLengths lengths, CopyModel copy, bool reserves)
{
    private const double FastestPace = 0.9;
    private const double WholeAnswer = 0.75;
    private const double MostAgain = 1.0 / 3;
    private const double PaceMemory = 0.1;
    private const double ReservedQuantile = 0.9;

    /// <summary>How long a step takes of late, ms.</summary>
    public double Pace { get; private set; }

    /// <summary>How long steps will take when the plan is carried out, ms: longer than now the more of its time computing takes.</summary>
    public double ComingPace { get; private set; }

    /// <summary>A step was formed.</summary>
    /// <param name="predicted">What it takes, ms.</param>
    /// <param name="tpot">The strictest TPOT of those that decode, ms; infinite when nobody does.</param>
    /// <param name="utilisation">The part of the time that the plan's computing takes, 0 to 1.</param>
    public void Learn(double predicted, double tpot, double utilisation)
    {
        double room = double.IsInfinity(tpot) ? 0 : Math.Max(tpot - predicted, 0);
        Pace += PaceMemory * (predicted - Pace);
        ComingPace += PaceMemory * (predicted + (utilisation * room) - ComingPace);
    }

    /// <summary>Appraises a sequence that lacks KV, with this much in reach.</summary>
    public Appraisal Appraise(Sequence sequence, Reach reach, Batch batch, Instant now)
    {
        ILatencyModel latency = batch.Latency;
        KvMemory memory = batch.Memory;
        double cost = latency.Cost(sequence.Tokens, reach.Tokens);
        double left = lengths.Left(sequence);
        double late = latency.Constant + cost - Due.Left(sequence.Request.Deadline(sequence.Generated).Ticks, now);
        double gain = Gain(sequence, left, late);
        double whole = late <= 0 ? WholeAnswer * lengths.Mean * sequence.Request.Class.NextTokenGain : 0;
        int halfway = sequence.Tokens + (int)(left / 2);
        double rent = latency.Constant * memory.BlocksFor(halfway) / memory.DeviceBlocks;
        double time = cost + (left * (latency.Decode(halfway) + rent));
        bool waits = sequence.State != SequenceState.Running;
        double held = waits ? Presence(sequence, batch) * Blocks(sequence, batch) : 0;
        return new Appraisal
        {
            Deadline = (long)Due.Of(sequence),
            Cost = cost,
            Gain = gain,
            Density = (gain + whole) / time,
            Need = sequence.Generated == 0 ? held : 0,
            Owed = sequence.Generated > 0 ? held : 0,
        };
    }

    /// <summary>The gain expected of a sequence whose next token comes this much (ms) after its deadline.</summary>
    public double Gain(Sequence sequence, double left, double late)
    {
        ServiceClass its = sequence.Request.Class;
        double first = sequence.Generated == 0 ? its.FirstTokenGain : its.NextTokenGain;
        double later = (left - 1) * its.NextTokenGain;
        if (late <= 0)
        {
            return first + later;
        }

        double tpot = its.Slo.NextToken.TotalMilliseconds;
        double lost = late / (tpot - Math.Min(Pace, FastestPace * tpot));
        return Math.Max(later, its.NextTokenGain) * Math.Exp(-lost / left);
    }

    /// <summary>The part of the time a sequence must hold its blocks to keep its pace.</summary>
    /// <remarks>
    /// An answer that comes faster than promised can be interrupted in between. All the time, though, where computing its KV again
    /// would be more than a third of the work that is left.
    /// </remarks>
    public double Presence(Sequence sequence, Batch batch)
    {
        ILatencyModel latency = batch.Latency;
        KvMemory memory = batch.Memory;
        double again = Again(sequence, memory.HostBlocks < memory.DeviceBlocks ? 0 : sequence.Tokens / memory.BlockSize, batch);
        double rest = lengths.Left(sequence) * latency.Decode(sequence.Tokens);
        return again > MostAgain * (again + rest)
            ? 1
            : Math.Min(1, ComingPace / (FastestPace * sequence.Request.Class.Slo.NextToken.TotalMilliseconds));
    }

    /// <summary>Blocks that are kept for a sequence while it is present.</summary>
    public int Blocks(Sequence sequence, Batch batch)
    {
        double left = reserves && sequence.Request.Estimate is { } estimate ? estimate.QuantileLeft(sequence.Generated, ReservedQuantile) : 0;
        return batch.Memory.BlocksFor(sequence.Tokens + (int)left);
    }

    /// <summary>What bringing an answer back takes that gave all its blocks up, ms: copies, and computing what has none.</summary>
    /// <param name="sequence">The answer.</param>
    /// <param name="copied">Blocks with a copy on the host.</param>
    /// <param name="batch">The step.</param>
    public double Again(Sequence sequence, int copied, Batch batch)
    {
        int tokens = Math.Min(copied * batch.Memory.BlockSize, sequence.Tokens - 1);
        return copy.Milliseconds(copied) + batch.Latency.Cost(sequence.Tokens, tokens);
    }

    /// <summary>The part of its blocks that a running sequence is expected to give back in a step.</summary>
    public double Leaving(Sequence sequence) => 1 / lengths.Left(sequence);

    /// <summary>What holding its blocks to its end takes from the others, ms: the whole memory for that long.</summary>
    public double Stay(Sequence sequence, Batch batch)
    {
        double left = lengths.Left(sequence);
        int halfway = sequence.Tokens + (int)(left / 2);
        return left * Math.Max(Pace, batch.Latency.Constant) * batch.Memory.BlocksFor(halfway) / batch.Memory.DeviceBlocks;
    }

    /// <summary>The gain that a sequence is expected to bring for every token of its own in memory and every step there.</summary>
    public double Yield(Sequence sequence, double gain)
    {
        double left = lengths.Left(sequence);
        return gain / (left * (sequence.Tokens + (left / 2)));
    }

    /// <summary>The gain expected of a running answer whose next token is due in this many ms.</summary>
    public double GainOfDecode(Sequence sequence, double remaining) =>
        Gain(sequence, lengths.Left(sequence), Pace - remaining);
}
