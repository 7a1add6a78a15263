using System.Diagnostics;
using System.Globalization;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Latency;
using Sluice.Core.Measures;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.Measuring;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Benchmarks.Engine;

/// <summary>
/// Measures a model, serves a small trace with it in this process, and lets the simulator foresee the same trace from what was measured:
/// <c>live MODEL [--threads N] [--batching NAME[,…]] [--synthetic SPEC] [--for SECONDS] [--rounds N]</c>. Before it serves, its cache is filled, as the sweep fills it. Half of the measuring comes before the run and half
/// after it, so that a machine that gets slower or faster meanwhile counts on both sides. It foresees twice: with steps that take what was measured, and with steps that take what policies believe;
/// each time with the very arrivals that the engine saw.
/// </summary>
internal static class LiveBench
{
    /// <summary>A step this many times longer than foreseen was held up by something else on the machine.</summary>
    private const double HeldUp = 1.5;

    private const int FillerTokens = 512;

    private static readonly ServiceClass All = new()
    {
        Name = "all",
        Slo = new Slo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)),
    };

    public static async Task RunAsync(string[] args)
    {
        string Flag(string name, string usual) => Array.IndexOf(args, name) is > 0 and var at ? args[at + 1] : usual;
        var options = new LlamaRunnerOptions
        {
            Threads = int.Parse(Flag("--threads", "1"), CultureInfo.InvariantCulture),
        };
        TimeSpan half = TimeSpan.FromSeconds(double.Parse(Flag("--for", "30"), CultureInfo.InvariantCulture) / 2);
        List<TraceRecord> trace = [.. SyntheticWorkload.Parse(
            Flag("--synthetic", "requests=60,prompt=200,answer=40,rate=1.5")).Read(seed: 1)];
        int rounds = int.Parse(Flag("--rounds", "1"), CultureInfo.InvariantCulture);
        string[] policies = Flag("--batching", "fcfs").Split(',');
        using LlamaModel model = LlamaModel.Load(args[1]);
        var all = new LiveComparison();
        for (int round = 0; round < rounds; round++)
        {
            foreach (string batching in policies)
            {
                await RoundAsync(model, options, half, batching, trace, all);
            }
        }

        if (rounds > 1)
        {
            all.TellMedians(rounds);
        }
    }

    private static async Task RoundAsync(
        LlamaModel model, LlamaRunnerOptions options, TimeSpan half, string batching, List<TraceRecord> trace, LiveComparison all)
    {
        List<StepSample> samples = [];
        List<SchedulerCall> calls = [];
        EngineState state;
        int fillers;
        IModelRunner runner = new LlamaRunner(model, options);
        samples.AddRange(LatencySweep.Run(runner, half));
        await using (var engine = new LiveEngine(
            new LearnedRunner(runner, LatencySweep.Fit(samples)), new EngineOptions { Batching = BatchPolicies.Parse(batching), Recorder = calls.Add }))
        {
            fillers = await FillPoolAsync(engine);
            await ServeAsync(engine, trace);
            state = engine.State;
        }

        calls.RemoveRange(0, BeginningAfter(fillers, calls));

        using var again = new LlamaRunner(model, options);
        samples.AddRange(LatencySweep.Run(again, half));
        ILatencyModel belief = LatencySweep.Fit(samples);
        (StepTimes truth, double error) = StepTimesFit.Of(samples);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Description}, {again.Facts.Backend}, {options.Threads} threads, {batching}: {samples.Count} steps measured; mean error of the five terms "
            + $"{LatencyFit.FiveTerms(samples).Mape:P1}, with those of a shared cache {LatencyFit.SharedCache(samples).Mape:P1}, of the step times {error:P1}; "
            + $"{state.Steps} steps served, error after correction {state.StepMape:P1}"));
        TellSteps(calls, belief, truth);
        (Scoreboard live, List<TraceRecord> came) = Score(calls);
        all.Add(
            batching, live, Simulate(again.Facts, belief, truth, batching, came), Simulate(again.Facts, belief, null, batching, came));
    }

    /// <summary>How the steps of the run went beside what was learnt, and how long the engine took between two of them.</summary>
    private static void TellSteps(List<SchedulerCall> calls, ILatencyModel belief, StepTimes truth)
    {
        List<double> toBelief = [];
        List<double> toTruth = [];
        double took = 0;
        double foreseen = 0;
        double stalled = 0;
        int heldUp = 0;
        int unfinished = 0;

        // Of those unfinished at the end of the last step, the ones that have not ended since: only they wait for the next plan.
        int present = 0;
        List<double> between = [];
        Instant? last = null;
        StepShape shape = default;
        foreach (SchedulerCall call in calls)
        {
            if (call.Kind == SchedulerCallKind.Plan)
            {
                shape = default;
                foreach (ref readonly Slice slice in call.Slices.Span)
                {
                    shape.Add(slice.Tokens, slice.Start, slice.Emits);
                }

                if (last is { } before && shape.Tokens > 0)
                {
                    between.Add((call.At - before).TotalMicroseconds);
                    stalled += present > 0 ? (call.At - before).TotalMilliseconds : 0;
                }
            }
            else if (call.Kind is SchedulerCallKind.Add or SchedulerCallKind.End)
            {
                unfinished += call.Kind == SchedulerCallKind.Add ? 1 : -1;
                present = Math.Min(present, unfinished);
            }
            else if (call.Kind == SchedulerCallKind.Complete)
            {
                toBelief.Add(call.Took / belief.Step(shape));
                toTruth.Add(call.Took / truth.Milliseconds(shape));
                took += call.Took;
                foreseen += truth.Milliseconds(shape);
                heldUp += call.Took > HeldUp * truth.Milliseconds(shape) ? 1 : 0;
                last = call.At;
                present = unfinished;
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"steps: measured / belief, median {LiveComparison.Median(toBelief):0.00}; measured / step times, median {LiveComparison.Median(toTruth):0.00}, of all together "
            + $"{took / foreseen:0.00}; from the end of a step to the plan of the next, median {LiveComparison.Median(between):0} us; "
            + $"held up by others: {heldUp} of {toTruth.Count} steps, and {stalled:0} ms between steps"));
    }

    /// <summary>Prompts that have ended fill the cache, as on a server after a while and in the sweep: each token looks at all of it.</summary>
    private static async Task<int> FillPoolAsync(LiveEngine engine)
    {
        ModelFacts facts = engine.Model.Facts;
        var random = new Random(2);
        int length = Math.Min(FillerTokens, facts.ContextTokens - 1);
        int fillers = 0;
        for (long filled = 0; filled < (long)facts.Kv.DeviceBlocks * facts.Kv.BlockSize; filled += length, fillers++)
        {
            await ReadAsync(engine.Start(new GenerationRequest
            {
                Prompt = [.. Enumerable.Range(0, length).Select(_ => random.Next(facts.VocabularySize))],
                Class = All,
                MaxTokens = 1,
                Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
            }));
        }

        return fillers;
    }

    /// <summary>The place of the first call that is about the trace.</summary>
    private static int BeginningAfter(int fillers, List<SchedulerCall> calls) =>
        calls.FindIndex(call => call.Kind == SchedulerCallKind.Add && fillers-- == 0);

    /// <summary>Open-loop: each request is started at its time, whatever became of those before.</summary>
    private static async Task ServeAsync(LiveEngine engine, List<TraceRecord> trace)
    {
        var random = new Random(1);
        long started = Stopwatch.GetTimestamp();
        List<Task> readers = [];
        foreach (TraceRecord record in trace)
        {
            int[] prompt = [.. Enumerable.Range(0, record.PromptTokens).Select(_ => random.Next(engine.Model.Facts.VocabularySize))];
            TimeSpan wait = new TimeSpan(record.Arrival.Ticks) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            Generation generation = engine.Start(new GenerationRequest
            {
                Prompt = prompt,
                Class = All,
                MaxTokens = record.AnswerTokens,
                Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
            });
            readers.Add(ReadAsync(generation));
        }

        await Task.WhenAll(readers);
    }

    private static async Task ReadAsync(Generation generation)
    {
        await foreach (GenerationEvent _ in generation.Events.ReadAllAsync())
        {
        }
    }

    /// <summary>
    /// When requests came to the engine and tokens came out of it, by its own clock: on a busy machine a client may be late to send and to read.
    /// </summary>
    private static (Scoreboard Live, List<TraceRecord> Came) Score(List<SchedulerCall> calls)
    {
        List<Sequence> sequences = [];
        Dictionary<Sequence, (AnswerScore Score, int Tokens)> scores = [];
        ReadOnlyMemory<Slice> slices = default;
        foreach (SchedulerCall call in calls)
        {
            if (call is { Kind: SchedulerCallKind.Add, Sequence: { } sequence })
            {
                sequences.Add(sequence);
                scores[sequence] = default;
            }
            else if (call.Kind == SchedulerCallKind.Plan)
            {
                slices = call.Slices;
            }
            else if (call.Kind == SchedulerCallKind.Complete)
            {
                foreach (Slice slice in slices.Span)
                {
                    if (slice.Emits)
                    {
                        (AnswerScore score, int tokens) = scores[slice.Sequence];
                        score.Token(slice.Sequence.Request, call.At);
                        scores[slice.Sequence] = (score, tokens + 1);
                    }
                }
            }
        }

        var board = new Scoreboard();
        List<TraceRecord> came = [];
        Instant first = sequences[0].Request.Arrival;
        foreach (Sequence sequence in sequences.OrderBy(sequence => sequence.Request.Arrival))
        {
            (AnswerScore score, int tokens) = scores[sequence];
            board.Add(sequence.Request, score, RequestEnd.Completed, tokens);
            came.Add(new TraceRecord
            {
                Arrival = new Instant((sequence.Request.Arrival - first).Ticks),
                PromptTokens = sequence.Request.PromptTokens,
                AnswerTokens = tokens,
            });
        }

        return (board, came);
    }

    private static Scoreboard Simulate(ModelFacts facts, ILatencyModel latency, StepTimes? steps, string batching, List<TraceRecord> trace)
    {
        var profile = new Profile
        {
            Name = facts.Name,
            Latency = latency,
            Steps = steps,
            BlockSize = facts.Kv.BlockSize,
            Blocks = facts.Kv.DeviceBlocks,
            HostBlocks = facts.Kv.HostBlocks,
            KvBytesPerToken = 1,
            CopyMsPerBlock = facts.Copy.PerBlock,
            CopyMsPerCopy = facts.Copy.PerCopy,
            StepTokens = facts.Limits.Tokens,
            StepSequences = facts.Limits.Sequences,
        };
        var board = new Scoreboard();
        new Simulator(new SimulationOptions
        {
            Instances = [profile],
            Batching = batching,
            Classes = [new ClassShare(All, 1)],
            Ended = ended => board.Add(
                new Request { Id = ended.Id, Arrival = ended.Arrival, PromptTokens = ended.PromptTokens, Class = All },
                ended.Score, ended.End, ended.AnswerTokens),
        }).Run(trace, CancellationToken.None);
        return board;
    }
}
