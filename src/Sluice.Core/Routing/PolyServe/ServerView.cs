using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What the router believes of one instance: whose answers it writes, how far they are, and the prompts in its line.</summary>
/// <remarks>
/// Nobody reports tokens, so steps are counted by the clock and the predicted step. Answers are sorted by the step at which they are
/// expected to end; that order holds while all grow by one token a step. Who outlives that is expected anew.
/// </remarks>
internal sealed class ServerView(Ledger ledger, ExpectedLengths lengths)
{
    private readonly List<ExpectedAnswer> answers = [];
    private readonly List<QueuedPrompt> prompts = [];
    private double steps;
    private Instant seen;
    private Instant stepBegan;
    private long startedPrompts;
    private double startedAt;

    /// <summary>The instance, and the router's books of it.</summary>
    public Ledger Ledger { get; } = ledger;

    /// <summary>The tier it serves; null in the pool.</summary>
    public Tier? Tier { get; set; }

    /// <summary>Whether something happened there that may have made room.</summary>
    public bool HasNews { get; set; }

    /// <summary>Answers it writes or will write.</summary>
    public int Answers => answers.Count;

    /// <summary>Answers it writes.</summary>
    public int Started { get; private set; }

    /// <summary>Tokens of context of the answers it writes.</summary>
    public double Context => startedPrompts + (Started * steps) - startedAt;

    /// <summary>Tokens it may hold; null when nobody knows.</summary>
    public double? Capacity => Ledger.Blocks is { } blocks ? (double)blocks * Ledger.BlockTokens : null;

    /// <summary>The prompts in its line, in the order they were sent.</summary>
    public ReadOnlySpan<QueuedPrompt> Prompts => CollectionsMarshal.AsSpan(prompts);

    /// <summary>The present step with so many answers more, that hold so many tokens, and no prompt, ms.</summary>
    public double StepWith(int more, double tokens) => Step(Started + more, Context + tokens);

    /// <summary>A step of so many answers that hold so many tokens, ms. The decode term is a straight line, so the mean will do.</summary>
    public double Step(int count, double tokens) =>
        Ledger.Latency.Constant + (count == 0 ? 0 : count * Ledger.Latency.Decode((int)Math.Min(tokens / count, int.MaxValue)));

    /// <summary>Time goes by: answers grow, and the first prompt in line is computed.</summary>
    public void Pass(Instant now)
    {
        double passed = (now - seen).TotalMilliseconds;
        seen = now;
        if (passed <= 0)
        {
            return;
        }

        double step = StepNow();
        if (prompts.Count > 0)
        {
            var head = prompts[0];
            double share = 1 - (StepWith(0, 0) / step);
            int computed = Ledger.Latency.LargestPrefill(head.Done, head.Tokens - head.Done, passed * share);
            prompts[0] = head with { Done = Math.Min(head.Done + computed, head.Tokens - 1) };
        }

        steps += Started > 0 ? passed / step : 0;
        while (answers.Count > 0 && answers[0].Ends <= steps)
        {
            var outlived = answers[0];
            answers.RemoveAt(0);
            Insert(outlived, outlived.IsStarted ? (int)(steps - outlived.Begins) : 0);
        }
    }

    /// <summary>
    /// Expected time until the step under way is over, ms: steps are taken to follow each other since the last event. 0 where a prompt is
    /// computed: what is left of that is known.
    /// </summary>
    public double Wait(Instant now)
    {
        if (Started == 0 || prompts.Count > 0)
        {
            return 0;
        }

        double step = StepNow();
        return step - ((now - stepBegan).TotalMilliseconds % step);
    }

    /// <summary>
    /// The most tokens it will hold at once if a newcomer joins now: each answer grows by a token a step until it is as long as expected.
    /// </summary>
    /// <remarks>polyserve.md b.2, <c>peak_kv</c>; the sort is kept, so it is one pass.</remarks>
    /// <param name="prompt">Tokens of the newcomer's prompt.</param>
    /// <param name="expected">Tokens its answer is expected to have.</param>
    public double PeakWith(int prompt, double expected)
    {
        var all = CollectionsMarshal.AsSpan(answers);
        double held = prompt;
        foreach (ref readonly var answer in all)
        {
            held += answer.Held(steps);
        }

        int left = all.Length + 1;
        double peak = held;
        bool isIn = false;
        foreach (ref readonly var answer in all)
        {
            double rest = answer.Ends - steps;
            if (!isIn && expected <= rest)
            {
                isIn = true;
                peak = Math.Max(peak, held + (left-- * expected));
                held -= prompt;
            }

            peak = Math.Max(peak, held + (left-- * rest));
            held -= answer.Held(steps);
        }

        return isIn ? peak : Math.Max(peak, held + (left * expected));
    }

    /// <summary>Of the answers under way, those expected to end within so many steps that did not before, and the tokens they hold now.</summary>
    /// <param name="within">Steps from now.</param>
    /// <param name="from">The place to go on from, 0 at first; moved on.</param>
    public (int Count, double Tokens) EndingWithin(int within, ref int from)
    {
        int count = 0;
        double tokens = 0;
        for (; from < answers.Count && answers[from].Ends <= steps + within; from++)
        {
            var answer = answers[from];
            count += answer.IsStarted ? 1 : 0;
            tokens += answer.IsStarted ? answer.Held(steps) : 0;
        }

        return (count, tokens);
    }

    /// <summary>A request is sent whose answer it will write.</summary>
    public void Assign(Request request, Tier tier) => Insert(new ExpectedAnswer(request, tier, 0, steps, IsStarted: false), age: 0);

    /// <summary>A prompt is sent to it.</summary>
    public void Queue(Request request) => prompts.Add(new QueuedPrompt(request.Id, request.PromptTokens, 0));

    /// <summary>A prompt left its line, computed or not.</summary>
    public void Unqueue(Request request)
    {
        int place = 0;
        while (prompts[place].Id != request.Id)
        {
            place++;
        }

        prompts.RemoveAt(place);
    }

    /// <summary>An answer begins.</summary>
    public void Start(Request request, Instant now)
    {
        Insert(Take(request) with { Begins = steps, IsStarted = true }, age: 0);
        Started++;
        startedPrompts += request.PromptTokens;
        startedAt += steps;
        stepBegan = now;
    }

    /// <summary>An answer is no longer its own to write.</summary>
    public void End(Request request)
    {
        var answer = Take(request);
        if (answer.IsStarted)
        {
            Started--;
            startedPrompts -= request.PromptTokens;
            startedAt = Started == 0 ? 0 : startedAt - answer.Begins;
            stepBegan = seen;
        }
    }

    private double StepNow()
    {
        double step = StepWith(0, 0);
        if (prompts.Count == 0)
        {
            return step;
        }

        var head = prompts[0];
        double budget = Tier?.NextToken ?? double.PositiveInfinity;
        return step + Math.Min(Ledger.Latency.Prefill(head.Tokens - head.Done, head.Done), Math.Max(budget - step, budget / 10));
    }

    private void Insert(ExpectedAnswer answer, int age)
    {
        answer = answer with { Ends = steps + lengths.Left(answer.Request, answer.Tier, age) };
        int low = 0;
        int high = answers.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (answers[middle].Ends <= answer.Ends)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        answers.Insert(low, answer);
    }

    private ExpectedAnswer Take(Request request)
    {
        int place = 0;
        while (answers[place].Request.Id != request.Id)
        {
            place++;
        }

        var answer = answers[place];
        answers.RemoveAt(place);
        return answer;
    }

    /// <summary>A prompt in line.</summary>
    /// <param name="Id">Whose.</param>
    /// <param name="Tokens">All of it.</param>
    /// <param name="Done">Tokens that are believed to be computed.</param>
    internal readonly record struct QueuedPrompt(long Id, int Tokens, int Done);

    private readonly record struct ExpectedAnswer(Request Request, Tier Tier, double Ends, double Begins, bool IsStarted)
    {
        /// <summary>Tokens of context after so many steps of the instance.</summary>
        public double Held(double steps) => Request.PromptTokens + steps - Begins;
    }
}
