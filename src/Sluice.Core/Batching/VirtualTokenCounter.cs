using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Virtual token counter, weighted: admits next the client that has been served least.</summary>
/// <remarks>
/// <para>A client's counter grows by the tokens of a prompt at its first admission and by those of its answers as they come, at
/// a price each, divided by the weight of its class; a client that sends in classes of different weight counts as several, so
/// that weights matter among the requests of one client too. A client that had nothing waiting is lifted to the least counter
/// of those that have, or to that of the client whose line emptied last: being idle earns no credit. Within a client, and
/// for the running, as <see cref="FirstComeFirstServed"/>. Source: Sheng et al., OSDI 2024 (length-prediction.md 10).</para>
/// <para>Good against one client crowding out the others. It promises nobody a latency, and with one client it is first come
/// first served.</para>
/// </remarks>
/// <param name="inputPrice">Charged for a token of a prompt. Default 1.</param>
/// <param name="outputPrice">Charged for a token of an answer. Default 2.</param>
public sealed class VirtualTokenCounter(double inputPrice = 1, double outputPrice = 2) : IBatchPolicy
{
    private readonly Dictionary<(int Client, double Weight), Account> byClient = [];
    private readonly List<Account> accounts = [];
    private readonly KeyedHeap backlogged = new();
    private readonly List<Sequence> victims = [];
    private RunningSet? running;
    private Account? emptiedLast;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("input", "price of a token of a prompt (1)"),
        new("output", "price of a token of an answer (2)"),
    ];

    /// <inheritdoc/>
    public int Waiting { get; private set; }

    /// <summary>Reads its options.</summary>
    public static VirtualTokenCounter From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new VirtualTokenCounter(options.Number("input", 1, 0, 1e6), options.Number("output", 2, 0, 1e6));
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

            Account? level = backlogged.Count > 0 ? LeastServed() : emptiedLast;
            account.Counter = Math.Max(account.Counter, level?.Counter ?? 0);
            backlogged.Add(account.Index, account.Counter, account.Tie);
        }

        account.Waiting.AddLast(sequence);
        Waiting++;
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ChargeAnswer(sequence);
        if (sequence.Slot >= 0)
        {
            Account account = AccountOf(sequence);
            account.Waiting.Remove(sequence);
            Left(account);
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
            Admit(batch);
        }

        foreach (Sequence victim in victims)
        {
            Account account = AccountOf(victim);
            if (account.Waiting.Count == 0)
            {
                backlogged.Add(account.Index, account.Counter, account.Tie);
            }

            account.Waiting.AddFirst(victim);
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

    private void Admit(Batch batch)
    {
        while (backlogged.Count > 0)
        {
            Account account = LeastServed();
            Sequence head = account.Waiting.First!;
            bool refused = batch.RefuseIfTooLarge(head);
            if (!refused && !RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens))
            {
                return;
            }

            account.Waiting.RemoveFirst();
            Left(account);
            if (!refused && head.Preemptions == 0)
            {
                account.Counter += inputPrice * head.Request.PromptTokens / account.Weight;
            }
        }
    }

    private Account AccountOf(Sequence sequence)
    {
        (int Client, double Weight) key = (sequence.Request.Client, sequence.Request.Class.Weight);
        if (!byClient.TryGetValue(key, out Account? account))
        {
            account = new Account { Client = key.Client, Weight = key.Weight, Index = accounts.Count };
            byClient.Add(key, account);
            accounts.Add(account);
        }

        return account;
    }

    /// <summary>The client with the least counter. Counters only grow, so a key that lags is mended when it comes up.</summary>
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

    private sealed class Account
    {
        public required int Client { get; init; }

        public required double Weight { get; init; }

        public required int Index { get; init; }

        /// <summary>Equal counters go by client, then by who came first.</summary>
        public long Tie => ((long)Client << 32) + Index;

        public double Counter { get; set; }

        public LinkedQueue Waiting { get; } = new();
    }
}
