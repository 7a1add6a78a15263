using Sluice.Core.Batching.ByLength;
using Sluice.Core.Batching.Slide;
using Sluice.Core.Batching.SlideBatching;

namespace Sluice.Core.Batching;

/// <summary>The batching policies by name: help texts, errors and reports draw from this list.</summary>
public static class BatchPolicies
{
    /// <summary>All of them, in the order in which help shows them.</summary>
    public static IReadOnlyList<BatchPolicyEntry> All { get; } =
    [
        new("fcfs", "vLLM v1: running first, then waiting by arrival, within a number of tokens", [],
            (_, _) => new FirstComeFirstServed()),
        new("sarathi", "Sarathi-Serve: all decodes, then prefills by arrival, up to a chunk of tokens", SarathiServe.Known,
            (options, _) => SarathiServe.From(options)),
        new("priority", "vLLM's priority mode: running first, then waiting by weight and arrival", [],
            (_, _) => new StrictPriority()),
        new("edf", "whoever's next token is due soonest, waiting or running", MergedOrder.Known,
            (options, _) => new EarliestDeadlineFirst(MergedOrder.Displaces(options))),
        new("sjf", "whoever is predicted to be done soonest, waiting or running", MergedOrder.Known,
            (options, _) => new ShortestJobFirst(MergedOrder.Displaces(options))),
        new("density", "whoever's next token brings the most gain for a millisecond, waiting or running", MergedOrder.Known,
            (options, _) => new HighestDensityFirst(MergedOrder.Displaces(options))),
        new("vtc", "virtual token counter: the client served least, by weight", VirtualTokenCounter.Known,
            (options, _) => VirtualTokenCounter.From(options)),
        new("justitia", "the application that would finish first if all shared the memory equally", Justitia.Known,
            (options, _) => Justitia.From(options)),
        new("fairbatching", "decodes near their deadline, prefills, other decodes, within a time budget", FairBatching.Known,
            (options, _) => FairBatching.From(options)),
        new("pars", "PARS: running first, then waiting by predicted length of the answer", RankedPrompts.Known,
            (options, _) => RankedPrompts.From(options)),
        new("ltr", "LTR: shortest predicted answer, waiting or running; a boost for who is idle for 200 steps", LearningToRank.Known,
            (options, _) => LearningToRank.From(options)),
        new("elis", "ELIS: least predicted to be left, chosen anew every 50 tokens", IterativeShortest.Known,
            (options, _) => IterativeShortest.From(options)),
        new("alise", "ALISE: queues by predicted time; down for outliving it, up for waiting", SpeculativeQueues.Known,
            (options, _) => SpeculativeQueues.From(options)),
        new("fastserve", "FastServe: skip-join multi-level feedback queue, which predicts no lengths", SkipJoinQueues.Known,
            (options, _) => SkipJoinQueues.From(options)),
        new("trail", "TRAIL: least predicted to be left; displaces answers only while they are young", LimitedPreemption.Known,
            (options, _) => LimitedPreemption.From(options)),
        new("pia", "PiA: answers of one predicted length run together as a batch", SequenceScheduling.Known,
            (options, _) => SequenceScheduling.From(options)),
        new("polyserve", "PolyServe's dynamic chunking: every decode, then prompts within the strictest TPOT",
            DynamicChunking.Known,
            (options, _) => DynamicChunking.From(options)),
        new("proserve", "SlideBatching as published: a time budget, deadline-first sliding to density-first",
            ProServeOptions.Known,
            (options, context) => new ProServe(ProServeOptions.From(options), context)),
        new("slide", "ours: what can be on time by deadline, dropping the least gain; the rest by density", SlideOptions.Known,
            (options, context) => new SlidePolicy(SlideOptions.From(options), context)),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>
    /// Reads <c>name</c> or <c>name:key=value:key=value</c>.
    /// </summary>
    /// <exception cref="UnknownNameException">No policy or no option has that name.</exception>
    /// <exception cref="ArgumentException">An option's value cannot be.</exception>
    public static BatchPolicyChoice Parse(string spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string name = spec.Split(':')[0];
        BatchPolicyEntry entry = All.FirstOrDefault(entry => entry.Name == name)
            ?? throw new UnknownNameException("batch policy", name, Names);
        var choice = new BatchPolicyChoice(spec, entry, PolicyOptions.Of(spec, entry.Options));
        choice.Create(new BatchPolicyContext());
        return choice;
    }
}

/// <summary>One policy of the list.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Summary">One line for the help.</param>
/// <param name="Options">The options it takes.</param>
/// <param name="Create">Makes one for one instance.</param>
public sealed record BatchPolicyEntry(
    string Name,
    string Summary,
    IReadOnlyList<PolicyOption> Options,
    Func<PolicyOptions, BatchPolicyContext, IBatchPolicy> Create);

/// <summary>A policy with its options, as the user named it.</summary>
/// <param name="Spec">As given.</param>
/// <param name="Entry">The policy.</param>
/// <param name="Options">Its options.</param>
public sealed record BatchPolicyChoice(string Spec, BatchPolicyEntry Entry, PolicyOptions Options)
{
    /// <summary>Makes the policy for one instance.</summary>
    public IBatchPolicy Create(BatchPolicyContext context) => Entry.Create(Options, context);
}
