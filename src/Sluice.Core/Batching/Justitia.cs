using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Justitia: admits next a call of the application that would finish first if all of them shared the memory equally.</summary>
/// <remarks>
/// <para>An ideal machine that gives every application its share of the KV memory all the time is followed in virtual time
/// (<see cref="JustitiaReference"/>). The order in which applications finish there is fixed when they arrive, and here they are served
/// one after another in that order, each with the whole machine. The running are not preempted for it, and go on as under
/// <see cref="FirstComeFirstServed"/>. Source: arXiv 2510.17015 (length-prediction.md 5).</para>
/// <para>Nobody starves: an application's finish stands still while virtual time, and with it the finish of all that come later, goes on.
/// It is as good as what is known of the costs, promises nobody a latency, and takes memory for what is short.</para>
/// </remarks>
/// <param name="charges">Whether calls beyond the expected cost put their application's finish off. Default false, as published.</param>
/// <param name="order">Which call of an application goes next: <c>fcfs</c>, the default, or another order of waiting requests.</param>
public sealed class Justitia(bool charges = false, string order = "fcfs") : IBatchPolicy
{
    private readonly JustitiaApplications applications = new(charges, order);
    private readonly KeyedHeap backlogged = new();
    private readonly List<Sequence> victims = [];
    private Batch? batch;
    private long steps;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("charge", "on: calls beyond what was expected of their application put its finish off (off)"),
        new("order", $"whose call goes next within one application: {string.Join(", ", WaitingOrders.Names)} (fcfs)"),
    ];

    /// <inheritdoc/>
    public int Waiting { get; private set; }

    /// <summary>Virtual time: the service that a weight of 1 has received in the reference, in KV token-time.</summary>
    internal double Virtual => applications.Now;

    /// <summary>Reads its options.</summary>
    public static Justitia From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new Justitia(options.Switch("charge", false), options.Choice("order", "fcfs", WaitingOrders.Names));
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Serve();
        Wait(sequence).Waiting.Add(sequence, now);
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Serve();
        if (sequence.Slot >= 0)
        {
            JustitiaApplication application = applications.Of(sequence);
            application.Waiting.Remove(sequence);
            Left(application);
        }

        applications.Leave(sequence);
    }

    /// <inheritdoc/>
    public void Ended(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        applications.Ended(sequence);
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        this.batch = batch;
        Serve();
        if (RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims))
        {
            Admit(batch, now);
        }

        foreach (Sequence victim in victims)
        {
            Wait(victim).Waiting.Return(victim, now);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    /// <summary>When the application of a sequence that waits or runs finishes in the reference, in virtual time.</summary>
    internal double FinishOf(Sequence sequence) => applications.Of(sequence).Finish;

    private void Admit(Batch batch, Instant now)
    {
        while (backlogged.Count > 0)
        {
            JustitiaApplication application = First();
            Sequence head = application.Waiting.Next(now)!;
            if (!batch.RefuseIfTooLarge(head)
                && !RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens))
            {
                return;
            }

            application.Waiting.Remove(head);
            Left(application);
        }
    }

    /// <summary>The reference has served since the last time: all its memory in each step that was run.</summary>
    private void Serve()
    {
        if (batch is not null)
        {
            double memory = (double)batch.Memory.DeviceBlocks * batch.Memory.BlockSize;
            applications.Serve((batch.StepsRun - steps) * memory);
            steps = batch.StepsRun;
        }
    }

    private JustitiaApplication Wait(Sequence sequence)
    {
        JustitiaApplication application = applications.Join(sequence);
        if (application.Waiting.Count == 0)
        {
            backlogged.Add(application.Index, application.Finish, application.Tie);
        }

        Waiting++;
        return application;
    }

    private void Left(JustitiaApplication application)
    {
        Waiting--;
        if (application.Waiting.Count == 0)
        {
            backlogged.Remove(application.Index);
        }
    }

    /// <summary>The application that finishes first. Finishes are only put off, so a key that lags is mended when it comes up.</summary>
    private JustitiaApplication First()
    {
        JustitiaApplication application = applications[backlogged.Top];
        while (backlogged.TopKey < application.Finish)
        {
            backlogged.Pop();
            backlogged.Add(application.Index, application.Finish, application.Tie);
            application = applications[backlogged.Top];
        }

        return application;
    }
}
