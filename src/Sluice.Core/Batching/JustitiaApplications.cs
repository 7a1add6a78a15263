using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>One application at one instance. Used again for another once it is forgotten.</summary>
internal sealed class JustitiaApplication(int index, IWaitingOrder waiting)
{
    /// <summary>Its place in the books and in the heaps.</summary>
    public int Index { get; } = index;

    /// <summary>The application's id, or the complement of the request's where that is one of its own.</summary>
    public long Key { get; set; }

    /// <summary>Equal finishes go by whose first call came first.</summary>
    public long Tie { get; set; }

    public double Weight { get; set; }

    /// <summary>When it finishes in the reference, in virtual time.</summary>
    public double Finish { get; set; }

    /// <summary>What is left of its expected cost after the calls that came.</summary>
    public double Unspent { get; set; }

    /// <summary>Sequences that wait or run.</summary>
    public int Calls { get; set; }

    /// <summary>Times it stands among those that may come again.</summary>
    public int Reminders { get; set; }

    /// <summary>Its calls that wait.</summary>
    public IWaitingOrder Waiting { get; } = waiting;
}

/// <summary>The applications an instance knows: what they are expected to cost, and when they finish in the reference.</summary>
/// <remarks>
/// One is known while it has calls here or is served in the reference, and after that until 1,024 others have fallen quiet: its next
/// call may be on its way. A call that comes later is an application anew.
/// </remarks>
/// <param name="charges">Whether a call beyond the expected cost puts the finish off.</param>
/// <param name="order">In which order calls of one application wait, a name of <see cref="WaitingOrders"/>.</param>
internal sealed class JustitiaApplications(bool charges, string order)
{
    private const int Remembered = 1024;

    private readonly Dictionary<long, JustitiaApplication> byKey = [];
    private readonly List<JustitiaApplication> all = [];
    private readonly Stack<JustitiaApplication> free = new();
    private readonly Queue<JustitiaApplication> quiet = new();
    private readonly JustitiaReference reference = new();
    private readonly JustitiaMeans means = new();

    /// <summary>Virtual time.</summary>
    public double Now => reference.Now;

    public JustitiaApplication this[int index] => all[index];

    /// <summary>The application of a sequence that waits or runs.</summary>
    public JustitiaApplication Of(Sequence sequence) => byKey[KeyOf(sequence.Request)];

    /// <summary>A sequence begins to wait or to run, if it did not before; its application is known from now on.</summary>
    public JustitiaApplication Join(Sequence sequence)
    {
        if (sequence.Charged > 0)
        {
            return Of(sequence);
        }

        Request request = sequence.Request;
        int answer = means.AnswerOf(request);
        double cost = JustitiaCost.Of(request.PromptTokens, answer);
        bool isKnown = byKey.TryGetValue(KeyOf(request), out JustitiaApplication? application);
        means.Asked(cost, request.Application > 0, isFirst: !isKnown);
        application ??= Open(sequence, request.ExpectedApplicationCost ?? means.ApplicationOf(request, cost));
        application.Calls++;
        sequence.Charged = answer;
        Charge(application, cost);
        return application;
    }

    /// <summary>A sequence neither waits nor runs any more: what it did not use of its estimate is its application's again.</summary>
    public void Leave(Sequence sequence)
    {
        if (sequence.Charged == 0)
        {
            return;
        }

        JustitiaApplication application = Of(sequence);
        int prompt = sequence.Request.PromptTokens;
        Charge(application, JustitiaCost.Of(prompt, sequence.Generated) - JustitiaCost.Of(prompt, sequence.Charged));
        sequence.Charged = 0;
        application.Calls--;
        Settle(application);
    }

    /// <summary>An answer is complete; how long it was teaches what others may be.</summary>
    public void Ended(Sequence sequence) => means.Ended(sequence.Generated);

    /// <summary>The reference serves so much token-time.</summary>
    public void Serve(double service)
    {
        while (reference.TryFinish(ref service, out int index))
        {
            Settle(all[index]);
        }
    }

    private static long KeyOf(Request request) => request.Application > 0 ? request.Application : ~request.Id;

    private JustitiaApplication Open(Sequence sequence, double cost)
    {
        if (!free.TryPop(out JustitiaApplication? application))
        {
            application = new JustitiaApplication(all.Count, WaitingOrders.Create(order));
            all.Add(application);
        }

        application.Key = KeyOf(sequence.Request);
        application.Tie = sequence.Order;
        application.Weight = sequence.Request.Class.Weight;
        application.Finish = reference.Now + (cost / application.Weight);
        application.Unspent = cost;
        byKey.Add(application.Key, application);
        reference.Put(application.Index, application.Finish, application.Weight, application.Tie);
        return application;
    }

    private void Charge(JustitiaApplication application, double cost)
    {
        application.Unspent -= cost;
        if (charges && application.Unspent < 0)
        {
            application.Finish = Math.Max(reference.Now, application.Finish) - (application.Unspent / application.Weight);
            application.Unspent = 0;
            reference.Put(application.Index, application.Finish, application.Weight, application.Tie);
        }
    }

    /// <summary>Forgets an application that has nothing here, unless its next call may be on its way.</summary>
    private void Settle(JustitiaApplication application)
    {
        if (!IsQuiet(application))
        {
            return;
        }

        if (application.Key < 0)
        {
            Forget(application);
            return;
        }

        quiet.Enqueue(application);
        application.Reminders++;
        if (quiet.Count > Remembered)
        {
            JustitiaApplication oldest = quiet.Dequeue();
            oldest.Reminders--;
            if (oldest.Reminders == 0 && IsQuiet(oldest))
            {
                Forget(oldest);
            }
        }
    }

    private bool IsQuiet(JustitiaApplication application) =>
        application.Calls == 0 && !reference.Contains(application.Index);

    private void Forget(JustitiaApplication application)
    {
        byKey.Remove(application.Key);
        free.Push(application);
    }
}
