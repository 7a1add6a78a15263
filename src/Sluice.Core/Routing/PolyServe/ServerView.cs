using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>What the router believes of one instance: whose answers it writes, how far they are, and the prompts in its line.</summary>
/// <remarks>
/// Nobody reports tokens, so steps are counted by the clock and the predicted step. Answers being written are sorted by the step at which
/// they are expected to end; that order holds while all grow by one token a step. Who outlives that is expected anew. Answers that are
/// to come, while their prompts are computed, hold their prompts.
/// </remarks>
internal sealed class ServerView(Ledger ledger, ExpectedLengths lengths)
{
    private readonly List<ExpectedAnswer> answers = [];
    private readonly List<ComingAnswer> coming = [];
    private readonly List<QueuedPrompt> prompts = [];
    private double steps;
    private Instant seen;
    private Instant stepBegan;
    private long startedPrompts;
    private double startedAt;
    private long comingPrompts;

    /// <summary>Time that was given to the first prompt in line, ms.</summary>
    private double headTime;

    /// <summary>The instance, and the router's books of it.</summary>
    public Ledger Ledger { get; } = ledger;

    /// <summary>The tier it serves; null in the pool.</summary>
    public Tier? Tier { get; set; }

    /// <summary>The number of the latest event that may have made room there (<see cref="Tiers.Note"/>).</summary>
    public long News { get; set; }

    /// <summary>Looks in a row at which it was empty.</summary>
    public int EmptyLooks { get; set; }

    /// <summary>Answers it writes or will write.</summary>
    public int Answers => answers.Count + coming.Count;

    /// <summary>Answers it writes.</summary>
    public int Started => answers.Count;

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

    /// <summary>Time goes by: answers grow, and the first prompt in line is computed. However often it is asked, the result is the same but for the length of a step.</summary>
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
            headTime += passed * (1 - (StepWith(0, 0) / step));
            prompts[0] = head with { Done = Ledger.Latency.LargestPrefill(0, head.Tokens - 1, headTime) };
        }

        steps += Started > 0 ? passed / step : 0;
        while (answers.Count > 0 && answers[0].Ends <= steps)
        {
            var outlived = answers[0];
            answers.RemoveAt(0);
            Insert(outlived, (int)(steps - outlived.Begins));
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
    /// <remarks>polyserve.md b.2, <c>peak_kv</c>; both sorts are kept, so it is one pass.</remarks>
    /// <param name="prompt">Tokens of the newcomer's prompt.</param>
    /// <param name="expected">Tokens its answer is expected to have.</param>
    public double PeakWith(int prompt, double expected)
    {
        double held = prompt + Context + comingPrompts;
        double peak = held;
        bool isIn = false;
        int written = 0;
        int toCome = 0;
        for (int left = Answers + 1; left > 0; left--)
        {
            double rest = written < answers.Count ? answers[written].Ends - steps : double.PositiveInfinity;
            double restToCome = toCome < coming.Count ? coming[toCome].Expected : double.PositiveInfinity;
            double first = Math.Min(Math.Min(rest, restToCome), isIn ? double.PositiveInfinity : expected);
            peak = Math.Max(peak, held + (left * first));
            if (!isIn && first == expected)
            {
                isIn = true;
                held -= prompt;
            }
            else if (first == rest)
            {
                held -= answers[written++].Held(steps);
            }
            else
            {
                held -= coming[toCome++].Request.PromptTokens;
            }
        }

        return peak;
    }

    /// <summary>Of the answers being written, those expected to end within so many steps that did not before, and the tokens they hold now.</summary>
    /// <param name="within">Steps from now.</param>
    /// <param name="from">The place to go on from, 0 at first; moved on.</param>
    public (int Count, double Tokens) EndingWithin(int within, ref int from)
    {
        int count = 0;
        double tokens = 0;
        for (; from < answers.Count && answers[from].Ends <= steps + within; from++)
        {
            count++;
            tokens += answers[from].Held(steps);
        }

        return (count, tokens);
    }

    /// <summary>A request is sent whose answer it will write.</summary>
    public void Assign(Request request, Tier tier, Instant now)
    {
        Pass(now);
        ComingAnswer answer = new(request, tier, lengths.Left(request, tier, age: 0));
        int place = coming.Count;
        while (place > 0 && coming[place - 1].Expected > answer.Expected)
        {
            place--;
        }

        coming.Insert(place, answer);
        comingPrompts += request.PromptTokens;
    }

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
        headTime = place == 0 ? 0 : headTime;
    }

    /// <summary>An answer begins.</summary>
    public void Start(Request request, Instant now)
    {
        Pass(now);
        var answer = TakeComing(request);
        Insert(new ExpectedAnswer(request, answer.Tier, Ends: 0, Begins: steps), age: 0);
        startedPrompts += request.PromptTokens;
        startedAt += steps;
        stepBegan = now;
    }

    /// <summary>An answer is no longer its own to write.</summary>
    public void End(Request request, bool isStarted, Instant now)
    {
        Pass(now);
        if (!isStarted)
        {
            TakeComing(request);
            return;
        }

        int place = 0;
        while (answers[place].Request.Id != request.Id)
        {
            place++;
        }

        startedPrompts -= request.PromptTokens;
        startedAt = answers.Count == 1 ? 0 : startedAt - answers[place].Begins;
        answers.RemoveAt(place);
        stepBegan = now;
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

    private ComingAnswer TakeComing(Request request)
    {
        int place = 0;
        while (coming[place].Request.Id != request.Id)
        {
            place++;
        }

        var answer = coming[place];
        coming.RemoveAt(place);
        comingPrompts -= request.PromptTokens;
        return answer;
    }

    /// <summary>A prompt in line.</summary>
    /// <param name="Id">Whose.</param>
    /// <param name="Tokens">All of it.</param>
    /// <param name="Done">Tokens that are believed to be computed.</param>
    internal readonly record struct QueuedPrompt(long Id, int Tokens, int Done);

    private readonly record struct ComingAnswer(Request Request, Tier Tier, double Expected);

    private readonly record struct ExpectedAnswer(Request Request, Tier Tier, double Ends, double Begins)
    {
        /// <summary>Tokens of context after so many steps of the instance.</summary>
        public double Held(double steps) => Request.PromptTokens + steps - Begins;
    }
}
