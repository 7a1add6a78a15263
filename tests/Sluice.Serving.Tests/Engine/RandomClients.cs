using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.Pretending;

namespace Sluice.Serving.Tests.Engine;

/// <summary>Clients of every kind at one engine: patient ones, and such as cancel, stop reading, ask too much or ask nonsense.</summary>
internal sealed class RandomClients : IAsyncDisposable
{
    private const int AtOnce = 60;
    private const int Context = 700;

    private static readonly ServiceClass[] Classes =
    [
        Engines.Class("high", 4, ttft: 5, tpot: 1),
        Engines.Class("low", 1, ttft: 50, tpot: 5),
        Engines.Class("brief", 1, ttft: 50, tpot: 5, life: TimeSpan.FromMilliseconds(3)),
    ];

    private readonly Random random;
    private readonly string name;
    private readonly LiveEngine engine;
    private readonly WitnessRunner witness;
    private readonly SemaphoreSlim places = new(AtOnce);

    public RandomClients(string batching, int seed, bool modelFails = false)
    {
        random = new Random(seed);
        name = $"{batching}, seed {seed}";
        witness = new WitnessRunner(new PretendRunner(Engines.Model() with
        {
            Kv = new KvOptions { BlockSize = 8, DeviceBlocks = 200, HostBlocks = random.Next(2) * 300 },
            Limits = new BatchLimits { Tokens = 128, Sequences = 12 },
            ContextTokens = Context,
            Speed = 100_000,
        }));
        if (modelFails)
        {
            witness.Fails = step => step % 97 == 0;
        }

        engine = new LiveEngine(witness, new EngineOptions
        {
            Batching = BatchPolicies.Parse(batching),
            EventsAhead = 12,
            ReaderPatience = TimeSpan.FromMilliseconds(10),
        });
    }

    /// <summary>Requests that ended in each way; refused ones among the failed.</summary>
    public int[] Ends { get; } = new int[5];

    /// <summary>How the engine stands.</summary>
    public EngineState State => engine.State;

    /// <summary>Lets that many come, and waits until all have been served in one way or another.</summary>
    public async Task ServeAsync(int requests)
    {
        List<Task> clients = [];
        for (int i = 0; i < requests; i++)
        {
            await places.WaitAsync();
            clients.Add(BeAsync(random.Next(), i));
        }

        await Task.WhenAll(clients);
    }

    /// <summary>Stops the engine, and checks that nothing is left.</summary>
    public async Task CheckEndAsync()
    {
        EngineState state = engine.State;
        Check(state.Fault is null, state.Fault ?? string.Empty);
        await Engines.RequireEmptyAsync(engine);
        await engine.StopAsync(TimeSpan.FromSeconds(30));
        state = engine.State;
        Check(state.Started == state.Completed + state.Cancelled + state.Failed, $"of {state.Started} not every one has ended");
        Check(state is { Waiting: 0, Running: 0, Paused: 0 }, "somebody is left");
        Check(witness.Kept == 0, $"{witness.Kept} answers were never released");
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        witness.Dispose();
        places.Dispose();
    }

    private async Task BeAsync(int seed, int number)
    {
        try
        {
            await Task.Yield();
            await BeOneAsync(new Random(seed), number);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task BeOneAsync(Random its, int number)
    {
        GenerationRequest request = Ask(its);
        int kind = its.Next(20);
        (request, Refusal? expected) = kind switch
        {
            0 => (request with { Prompt = new int[Context] }, Refusal.TooLong),
            1 => (request with { MaxTokens = Context }, Refusal.TooLong),
            2 => (request with { Sampling = new SamplingOptions { Temperature = double.NaN } }, Refusal.Invalid),
            3 => (request with { Prompt = [-1] }, Refusal.Invalid),
            4 => (request with { Choices = 0 }, Refusal.Invalid),
            5 => (request with { Stop = [""] }, Refusal.Invalid),
            _ => (request, (Refusal?)null),
        };
        Generation generation;
        try
        {
            generation = engine.Start(request);
        }
        catch (GenerationRefusedException refused)
        {
            Check(refused.Refusal == expected, $"request {number} was refused: {refused.Message}");
            return;
        }

        Check(expected is null, $"request {number} should have been refused");
        var reader = new CheckedReader(request.Choices);
        int patience = its.Next(1, 40);
        for (int read = 0; await generation.Events.WaitToReadAsync();)
        {
            while (generation.Events.TryRead(out GenerationEvent? happened))
            {
                Check(reader.Take(happened), $"request {number}, choice {happened.Choice}: an event came after the last");
                read++;
                if (kind is 6 or 7 && read == patience)
                {
                    generation.Cancel();
                }
            }

            if (kind == 8 || (kind == 9 && read > patience))
            {
                await Task.Delay(kind == 8 ? 5 : 30);
            }
        }

        Check(reader.Open == 0, $"request {number}: {reader.Open} answers never ended");
        Interlocked.Increment(ref Ends[(int)reader.Worst]);
        if (kind > 9)
        {
            bool ordinary = reader.Worst is Finish.Stop or Finish.Length || request.Class.TimeToLive is not null || reader.HasFailed;
            Check(ordinary || reader.Worst == Finish.Cancelled, $"request {number} ended with {reader.Worst}");
        }
    }

    /// <summary>Prompts come in families with common beginnings.</summary>
    private static GenerationRequest Ask(Random its)
    {
        int[] prompt = new int[its.Next(1, 300)];
        int family = its.Next(4);
        int common = its.Next(prompt.Length + 1);
        for (int i = 0; i < prompt.Length; i++)
        {
            prompt[i] = i < common ? (family * 1000) + i : its.Next(100_000);
        }

        return new GenerationRequest
        {
            Prompt = prompt,
            Class = Classes[its.Next(Classes.Length)],
            Client = its.Next(2),
            MaxTokens = its.Next(4) == 0 ? null : its.Next(1, 200),
            Choices = its.Next(8) == 0 ? its.Next(2, 5) : 1,
            Stop = its.Next(4) == 0 ? ["gate", "the river f"] : [],
            Sampling = new SamplingOptions { Seed = (ulong)its.Next(100), MayEnd = its.Next(8) > 0 },
        };
    }

    private void Check(bool holds, string otherwise) => Assert.True(holds, $"{name}: {otherwise}.");

    /// <summary>Holds the events of a request to the rule: any number of them for each choice, and one end.</summary>
    private sealed class CheckedReader(int choices)
    {
        private readonly bool[] ended = new bool[choices];

        public Finish Worst { get; private set; }

        public bool HasFailed { get; private set; }

        public int Open => ended.Count(end => !end);

        public bool Take(GenerationEvent happened)
        {
            bool inOrder = !ended[happened.Choice];
            ended[happened.Choice] = happened.Finish != Finish.None;
            Worst = happened.Finish > Worst ? happened.Finish : Worst;
            HasFailed |= happened.Error is not null;
            return inOrder;
        }
    }
}
