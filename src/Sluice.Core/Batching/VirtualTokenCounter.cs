using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Virtual token counter, weighted: admits next the client that has been served least.</summary>
/// <remarks>
/// <para>A client's counter grows by the tokens of a prompt at its first admission and by those of its answers as they come, at
/// a price each, divided by the weight of its class; a client that sends in classes of different weight counts as several, so
/// that weights matter among the requests of one client too. A client that had nothing waiting is lifted to the least counter
/// of those that have, or to that of the client whose line emptied last: being idle earns no credit. The running go on as under
/// <see cref="FirstComeFirstServed"/>. Source: Sheng et al., OSDI 2024 (length-prediction.md 10).</para>
/// <para>With a forecast an answer's expected tokens are charged at admission, those beyond it as they come, and at the end what was
/// not used is given back: the counters foresee what an admission will cost.</para>
/// <para>Of clients that wait for nothing, at most so many are remembered; those served least are forgotten first. Such a one loses
/// nothing: it would be lifted when it comes again.</para>
/// <para>Good against one client crowding out the others. It promises nobody a latency, and with one client it is first come
/// first served.</para>
/// </remarks>
/// <param name="inputPrice">Charged for a token of a prompt. Default 1.</param>
/// <param name="outputPrice">Charged for a token of an answer. Default 2.</param>
/// <param name="forecast">What of an answer is charged in advance. Default nothing.</param>
/// <param name="order">Which request of a client goes next: <c>fcfs</c>, the default, or another order of waiting requests.</param>
public sealed class VirtualTokenCounter(
    double inputPrice = 1, double outputPrice = 2, AnswerForecast forecast = AnswerForecast.None, string order = "fcfs") : IBatchPolicy
{
    private const int MostIdle = 65_536;

    private readonly Dictionary<(int Client, double Weight), Account> byClient = [];
    private readonly List<Account> accounts = [];
    private readonly Stack<int> freeIndexes = [];
    private readonly KeyedHeap backlogged = new();
    private readonly List<Sequence> victims = [];
    private RunningSet? running;
    private Account? emptiedLast;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("input", "price of a token of a prompt (1)"),
        new("output", "price of a token of an answer (2)"),
        new("predict", "answers charged in advance: off, average (of the client's last ones) or request (what is expected of each) (off)"),
        new("order", $"whose request goes next within one client: {string.Join(", ", WaitingOrders.Names)} (fcfs)"),
    ];

    /// <inheritdoc/>
    public int Waiting { get; private set; }

    /// <summary>Reads its options.</summary>
    public static VirtualTokenCounter From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new VirtualTokenCounter(
            options.Number("input", 1, 0, 1e6),
            options.Number("output", 2, 0, 1e6),
            options.Choice("predict", "off", ["off", "average", "request"]) switch
            {
                "average" => AnswerForecast.ClientAverage,
                "request" => AnswerForecast.Request,
                _ => AnswerForecast.None,
            },
            options.Choice("order", "fcfs", WaitingOrders.Names));
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Account account = AccountOf(sequence);
        if (account.Waiting.Count == 0)
        {
            if (backlogged.Count == 0)
            {
                ChargeRunning();
            }

            account.Counter = Math.Max(account.Counter, Level());
            backlogged.Add(account.Index, account.Counter, account.Tie);
        }

        account.Waiting.Add(sequence, now);
        Waiting++;
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ChargeAnswer(sequence);
        Account account = AccountOf(sequence);
        GiveBack(sequence, account);
        if (sequence.Slot >= 0)
        {
            account.Waiting.Remove(sequence);
            Left(account);
        }
    }

    /// <inheritdoc/>
    public void Ended(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Generated > 0)
        {
            AccountOf(sequence).Answered(sequence.Generated);
        }
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        running = batch.Running;
        ChargeRunning();
        if (RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims))
        {
            Admit(batch, now);
        }

        foreach (Sequence victim in victims)
        {
            Account account = AccountOf(victim);
            if (account.Waiting.Count == 0)
            {
                backlogged.Add(account.Index, account.Counter, account.Tie);
            }

            account.Waiting.Return(victim, now);
            Waiting++;
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    /// <summary>What a client has been charged; 0 for one that never came.</summary>
    internal double CounterOf(int client, double weight = 1) =>
        byClient.TryGetValue((client, weight), out Account? account) ? account.Counter : 0;

    /// <summary>How many clients it remembers.</summary>
    internal int Clients => byClient.Count;

    private void Admit(Batch batch, Instant now)
    {
        while (backlogged.Count > 0)
        {
            Account account = LeastServed();
            Sequence head = account.Waiting.Next(now)!;
            bool refused = batch.RefuseIfTooLarge(head);
            if (!refused && !RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens))
            {
                return;
            }

            account.Waiting.Remove(head);
            Left(account);
            if (!refused && head.Preemptions == 0)
            {
                account.Counter += inputPrice * head.Request.PromptTokens / account.Weight;
                ChargeForecast(head, account);
            }
        }
    }

    private Account AccountOf(Sequence sequence)
    {
        (int Client, double Weight) key = (sequence.Request.Client, sequence.Request.Class.Weight);
        if (byClient.TryGetValue(key, out Account? account))
        {
            return account;
        }

        if (byClient.Count - backlogged.Count >= MostIdle)
        {
            ForgetIdle();
        }

        bool isReused = freeIndexes.TryPop(out int index);
        account = new Account
        {
            Client = key.Client,
            Weight = key.Weight,
            Index = isReused ? index : accounts.Count,
            Waiting = WaitingOrders.Create(order),
            Counter = Level(),
        };
        byClient.Add(key, account);
        if (isReused)
        {
            accounts[index] = account;
        }
        else
        {
            accounts.Add(account);
        }

        return account;
    }

    /// <summary>What a client that comes is lifted to: the least counter among those that wait, else that of the last that waited.</summary>
    private double Level() => (backlogged.Count > 0 ? LeastServed() : emptiedLast)?.Counter ?? 0;

    /// <summary>Forgets the half of the idle clients that was served least.</summary>
    private void ForgetIdle()
    {
        Account[] idle = [.. byClient.Values.Where(account => account.Waiting.Count == 0 && account != emptiedLast).OrderBy(account => account.Counter)];
        foreach (Account account in idle.AsSpan(0, idle.Length / 2))
        {
            byClient.Remove((account.Client, account.Weight));
            freeIndexes.Push(account.Index);
        }
    }

    /// <summary>The client with the least counter. A counter that has grown is mended in the heap when it comes up.</summary>
    private Account LeastServed()
    {
        Account account = accounts[backlogged.Top];
        while (backlogged.TopKey < account.Counter)
        {
            backlogged.Pop();
            backlogged.Add(account.Index, account.Counter, account.Tie);
            account = accounts[backlogged.Top];
        }

        return account;
    }

    private void Left(Account account)
    {
        Waiting--;
        if (account.Waiting.Count == 0)
        {
            backlogged.Remove(account.Index);
            emptiedLast = account;
        }
    }

    private void ChargeRunning()
    {
        for (int i = 0; i < (running?.Count ?? 0); i++)
        {
            ChargeAnswer(running![i]);
        }
    }

    /// <summary>Charges the tokens that came since the last time; steps may have passed without a call.</summary>
    private void ChargeAnswer(Sequence sequence)
    {
        int tokens = sequence.Generated - sequence.Charged;
        if (tokens > 0)
        {
            sequence.Charged = sequence.Generated;
            Account account = AccountOf(sequence);
            account.Counter += outputPrice * tokens / account.Weight;
        }
    }

    private void ChargeForecast(Sequence sequence, Account account)
    {
        double tokens = forecast switch
        {
            AnswerForecast.Request => PredictedLength.Left(sequence) ?? account.AnswerTokens,
            AnswerForecast.ClientAverage => account.AnswerTokens,
            _ => 0,
        };
        int charged = (int)Math.Min(Math.Round(tokens), sequence.Request.MaxAnswerTokens);
        if (charged > sequence.Charged)
        {
            account.Counter += outputPrice * (charged - sequence.Charged) / account.Weight;
            sequence.Charged = charged;
        }
    }

    /// <summary>What was charged in advance and did not come is its client's again.</summary>
    private void GiveBack(Sequence sequence, Account account)
    {
        int tokens = sequence.Charged - sequence.Generated;
        if (tokens > 0)
        {
            sequence.Charged = sequence.Generated;
            account.Counter -= outputPrice * tokens / account.Weight;
            if (backlogged.Remove(account.Index))
            {
                backlogged.Add(account.Index, account.Counter, account.Tie);
            }
        }
    }

    private sealed class Account
    {
        public required int Client { get; init; }

        public required double Weight { get; init; }

        public required int Index { get; init; }

        /// <summary>Equal counters go by client, then by who came first.</summary>
        public long Tie => ((long)Client << 32) + Index;

        public double Counter { get; set; }

        /// <summary>Moving average of its answers, tokens; 0 before the first.</summary>
        public double AnswerTokens { get; private set; }

        public required IWaitingOrder Waiting { get; init; }

        public void Answered(int tokens) =>
            AnswerTokens = AnswerTokens == 0 ? tokens : ((4 * AnswerTokens) + tokens) / 5;
    }
}

/// <summary>What <see cref="VirtualTokenCounter"/> charges of an answer when its request is admitted.</summary>
public enum AnswerForecast
{
    /// <summary>Nothing: tokens are charged as they come.</summary>
    None,

    /// <summary>The client's moving average, (4 · average + last answer) ÷ 5.</summary>
    ClientAverage,

    /// <summary>What is expected of the request; the average where nothing is.</summary>
    Request,
}
