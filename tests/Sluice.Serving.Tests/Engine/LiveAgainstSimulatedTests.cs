using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.Pretending;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Serving.Tests.Engine;

/// <summary>One scheduler, two clocks: what the simulator foresees is what the engine does.</summary>
public sealed class LiveAgainstSimulatedTests
{
    private const int BlockSize = 16;
    private const int Blocks = 120;

    private static readonly BatchLimits Limits = new() { Tokens = 256, Sequences = 16 };

    public static TheoryData<string, int> Policies
    {
        get
        {
            TheoryData<string, int> all = [];
            foreach (string name in BatchPolicies.Names)
            {
                all.Add(name, 1);
                all.Add(name, 2);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task On_a_clock_that_jumps_every_token_comes_when_the_simulator_says(string batching, int seed)
    {
        List<(TraceRecord Record, int[] Prompt)> trace = Trace(seed);
        Dictionary<long, EndedRequest> simulated = Simulate(batching, seed, trace.Select(entry => entry.Record));

        Dictionary<long, Answer> live = await ServeAsync(batching, trace, simulated);

        Assert.Equal(simulated.Count, live.Count);
        Assert.True(simulated.Values.Sum(request => request.Preemptions) > 0, "The run was to be short of memory.");
        foreach ((long id, EndedRequest foreseen) in simulated)
        {
            Assert.Equal(
                (id, foreseen.Score.First, foreseen.Score.Last, foreseen.Preemptions, foreseen.AnswerTokens),
                (id, live[id].First, live[id].Last, live[id].Preemptions, live[id].Tokens));
        }
    }

    [Theory]
    [InlineData("fcfs")]
    [InlineData("proserve")]
    [InlineData("slide")]
    public async Task A_recorded_run_in_real_time_makes_the_same_decisions_again(string batching)
    {
        List<SchedulerCall> calls = [];
        PretendOptions model = Engines.Model(blocks: 60, hostBlocks: 40, speed: 4);
        await using (LiveEngine engine = Engines.Start(model, batching, new EngineOptions { EventsAhead = 4, Recorder = calls.Add }))
        {
            // How much crowds together depends on the machine's pace: more come until both have happened.
            var random = new Random(7);
            for (int wave = 0; wave < 20 && !await SeenAsync(engine, calls); wave++)
            {
                await Task.WhenAll(await ComeAsync(engine, random));
            }
        }

        int steps = Replay.Run(calls, batching, model);

        Assert.True(steps > 100, $"{steps} steps");
        Assert.Contains(calls, call => call.Preempted > 0);
        Assert.Contains(calls, call => call.Kind == SchedulerCallKind.Detach);
    }

    /// <summary>Asks the loop, which alone writes the calls.</summary>
    private static Task<bool> SeenAsync(LiveEngine engine, List<SchedulerCall> calls) =>
        engine.AskAsync(_ => calls.Exists(call => call.Preempted > 0) && calls.Exists(call => call.Kind == SchedulerCallKind.Detach));

    private static async Task<List<Task>> ComeAsync(LiveEngine engine, Random random)
    {
        List<Task> clients = [];
        for (int i = 0; i < 60; i++)
        {
            Generation generation = engine.Start(Engines.Ask($"{i % 40} {new string('a', random.Next(1, 2000))}", random.Next(1, 60)) with
            {
                Class = Engines.Class(i % 2 == 0 ? "high" : "low", 2 - (i % 2), 100, 10),
            });
            clients.Add(BeAsync(generation, random.Next(8)));
            await Task.Delay(i % 20 == 0 ? 1 : 0);
        }

        return clients;
    }

    /// <summary>One in eight gives up, one in eight dawdles.</summary>
    private static async Task BeAsync(Generation generation, int kind)
    {
        await foreach (GenerationEvent happened in generation.Events.ReadAllAsync())
        {
            if (kind == 0)
            {
                generation.Cancel();
            }

            await Task.Delay(kind == 1 ? 15 : 0);
        }
    }

    /// <summary>More than the machine can serve in time, and more KV than it has; prompts in families with common beginnings.</summary>
    private static List<(TraceRecord Record, int[] Prompt)> Trace(int seed)
    {
        var random = new Random(seed);
        List<(TraceRecord Record, int[] Prompt)> trace = [];
        double at = 0;
        for (int i = 0; i < 150; i++)
        {
            at += -Math.Log(1 - random.NextDouble()) * 12;
            int[] prompt = new int[random.Next(1, 400)];
            int family = random.Next(6);
            int common = random.Next(2) * random.Next(prompt.Length);
            for (int token = 0; token < prompt.Length; token++)
            {
                prompt[token] = token < common ? family : 1000 + random.Next(1_000_000);
            }

            ulong[] names = new ulong[prompt.Length / BlockSize];
            for (int block = 0, hash = family; block < names.Length; block++)
            {
                hash = prompt.Skip(block * BlockSize).Take(BlockSize).Aggregate(hash + 1, (sum, token) => (sum * 31) + token);
                names[block] = ((ulong)(uint)hash << 16) + (ulong)block;
            }

            trace.Add((
                new TraceRecord(Instant.FromMilliseconds(at), prompt.Length, random.Next(1, 80), 0, new PromptBlocks(names, BlockSize)),
                prompt));
        }

        return trace;
    }

    private static Dictionary<long, EndedRequest> Simulate(string batching, int seed, IEnumerable<TraceRecord> trace)
    {
        Dictionary<long, EndedRequest> ended = [];
        var options = new SimulationOptions
        {
            Instances = [Machine()],
            Batching = batching,
            Classes = [new ClassShare(Engines.Class("high", 2, 200, 20), 0.5), new ClassShare(Engines.Class("low", 1, 2000, 100), 0.5)],
            Seed = seed,
            Ended = request => ended.Add(request.Id, request),
        };
        var simulator = new Simulator(options);
        simulator.Run(trace, CancellationToken.None);
        return ended;
    }

    private static Profile Machine() => new()
    {
        Name = "test",
        Latency = Engines.Latency,
        BlockSize = BlockSize,
        Blocks = Blocks,
        KvBytesPerToken = 1,
        CopyMsPerBlock = 0.01,
        CopyMsPerCopy = 0.05,
        StepTokens = Limits.Tokens,
        StepSequences = Limits.Sequences,
    };

    private static async Task<Dictionary<long, Answer>> ServeAsync(
        string batching, List<(TraceRecord Record, int[] Prompt)> trace, Dictionary<long, EndedRequest> simulated)
    {
        var classes = new[] { Engines.Class("high", 2, 200, 20), Engines.Class("low", 1, 2000, 100) }.ToDictionary(its => its.Name);
        Dictionary<long, Answer> answers = [];
        var clock = new VirtualClock();
        var kv = new KvOptions { BlockSize = BlockSize, DeviceBlocks = Blocks };
        var runner = new VirtualRunner(clock, Engines.Latency, kv, Limits, id => trace[(int)id].Record.AnswerTokens);
        TaskCompletionSource<LiveEngine> started = new();
        List<Task> readers = [];
        long arrived = 0;
        foreach ((TraceRecord record, int[] prompt) in trace)
        {
            clock.Foresee(record.Arrival, () => readers.Add(Engines.ReadAsync(started.Task.Result.Start(new GenerationRequest
            {
                Prompt = prompt,
                Class = classes[simulated[arrived++].Class],
            }))));
        }

        await using var engine = new LiveEngine(
            runner,
            new EngineOptions { Batching = BatchPolicies.Parse(batching), EventsAhead = 1000, Recorder = call => Watch(call, answers) },
            clock);
        started.SetResult(engine);
        await LiveEngineTests.WaitFor(engine, state => state.Completed == trace.Count || state.Fault is not null);
        Assert.Null(engine.State.Fault);
        await Task.WhenAll(readers);
        return answers;
    }

    /// <summary>Notes from the scheduler's calls when tokens came.</summary>
    private static void Watch(in SchedulerCall call, Dictionary<long, Answer> answers)
    {
        if (call.Kind == SchedulerCallKind.Add)
        {
            answers[call.Sequence!.Request.Id] = new Answer();
        }
        else if (call.Kind == SchedulerCallKind.End)
        {
            Sequence sequence = call.Sequence!;
            Answer answer = answers[sequence.Request.Id];
            answer.First = sequence.FirstTokenAt!.Value;
            answer.Last = call.At;
            answer.Preemptions = sequence.Preemptions;
            answer.Tokens = sequence.Generated;
        }
    }

    private sealed class Answer
    {
        public Instant First { get; set; }

        public Instant Last { get; set; }

        public int Preemptions { get; set; }

        public int Tokens { get; set; }
    }
}
