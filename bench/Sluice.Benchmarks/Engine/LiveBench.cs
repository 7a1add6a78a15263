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
/// <c>live MODEL [--threads N] [--batching NAME] [--synthetic SPEC] [--for SECONDS]</c>. Half of the measuring comes before the run and half
/// after it, so that a machine that gets slower or faster meanwhile counts on both sides.
/// </summary>
internal static class LiveBench
{
    private static readonly ServiceClass All = new()
    {
        Name = "all",
        Slo = new Slo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)),
    };

    public static async Task RunAsync(string[] args)
    {
        string Flag(string name, string usual) => Array.IndexOf(args, name) is > 0 and var at ? args[at + 1] : usual;
        string batching = Flag("--batching", "fcfs");
        var options = new LlamaRunnerOptions
        {
            Threads = int.Parse(Flag("--threads", "1"), CultureInfo.InvariantCulture),
        };
        TimeSpan half = TimeSpan.FromSeconds(double.Parse(Flag("--for", "30"), CultureInfo.InvariantCulture) / 2);
        List<TraceRecord> trace = [.. SyntheticWorkload.Parse(
            Flag("--synthetic", "requests=60,prompt=200,answer=40,rate=1.5")).Read(seed: 1)];

        using LlamaModel model = LlamaModel.Load(args[1]);
        List<StepSample> samples = [];
        List<SchedulerCall> calls = [];
        Scoreboard live;
        EngineState state;
        IModelRunner runner = new LlamaRunner(model, options);
        samples.AddRange(LatencySweep.Run(runner, half));
        await using (var engine = new LiveEngine(
            new LearnedRunner(runner, LatencySweep.Fit(samples)), new EngineOptions { Batching = BatchPolicies.Parse(batching), Recorder = calls.Add }))
        {
            live = await ServeAsync(engine, trace);
            state = engine.State;
        }

        using var again = new LlamaRunner(model, options);
        samples.AddRange(LatencySweep.Run(again, half));
        ILatencyModel learned = LatencySweep.Fit(samples);
        Scoreboard foreseen = Simulate(again.Facts, learned, batching, trace);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{model.Description}, {again.Facts.Backend}, {options.Threads} threads, {batching}: {samples.Count} steps measured; mean error of the five terms "
            + $"{LatencyFit.FiveTerms(samples).Mape:P1}, with those of a shared cache {LatencyFit.SharedCache(samples).Mape:P1}; "
            + $"{state.Steps} steps served, error after correction {state.StepMape:P1}"));
        TellSteps(calls, learned);
        Tell("TTFT", live.Ttft, foreseen.Ttft);
        Tell("TPOT", live.Tpot, foreseen.Tpot);
        Tell("E2E", live.EndToEnd, foreseen.EndToEnd);
    }

    /// <summary>How the steps of the run went beside what was learnt, and how long the engine took between two of them.</summary>
    private static void TellSteps(List<SchedulerCall> calls, ILatencyModel learned)
    {
        List<double> ratios = [];
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
                }
            }
            else if (call.Kind == SchedulerCallKind.Complete)
            {
                ratios.Add(call.Took / learned.Step(shape));
                last = call.At;
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"steps: measured / learnt, median {Median(ratios):0.00}; from the end of a step to the plan of the next, median {Median(between):0} us"));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[values.Count / 2];
    }

    private static void Tell(string what, QuantileSketch live, QuantileSketch foreseen)
    {
        foreach (double quantile in new[] { 0.5, 0.9 })
        {
            double real = live.Quantile(quantile) ?? 0;
            double simulated = foreseen.Quantile(quantile) ?? 0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what} p{100 * quantile:0}: live {real:0.0} ms, simulated {simulated:0.0} ms, {(simulated / real) - 1:+0.0 %;-0.0 %}"));
        }
    }

    /// <summary>Open-loop: each request is started at its time, whatever became of those before.</summary>
    private static async Task<Scoreboard> ServeAsync(LiveEngine engine, List<TraceRecord> trace)
    {
        var random = new Random(1);
        var board = new Scoreboard();
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

            readers.Add(ReadAsync(engine, record, prompt, started, board));
        }

        await Task.WhenAll(readers);
        return board;
    }

    private static async Task ReadAsync(LiveEngine engine, TraceRecord record, int[] prompt, long started, Scoreboard board)
    {
        var request = new Request
        {
            Id = 0,
            Arrival = new Instant(Stopwatch.GetElapsedTime(started).Ticks),
            PromptTokens = prompt.Length,
            Class = All,
        };
        Generation generation = engine.Start(new GenerationRequest
        {
            Prompt = prompt,
            Class = All,
            MaxTokens = record.AnswerTokens,
            Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
        });
        AnswerScore score = default;
        await foreach (GenerationEvent happened in generation.Events.ReadAllAsync())
        {
            for (int i = 0; i < happened.Tokens; i++)
            {
                score.Token(request, new Instant(Stopwatch.GetElapsedTime(started).Ticks));
            }
        }

        lock (board)
        {
            board.Add(request, score, RequestEnd.Completed, record.AnswerTokens);
        }
    }

    private static Scoreboard Simulate(ModelFacts facts, ILatencyModel latency, string batching, List<TraceRecord> trace)
    {
        var profile = new Profile
        {
            Name = facts.Name,
            Latency = latency,
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
