using Sluice.Gateway.Admission;

namespace Sluice.Gateway.Measures;

/// <summary>The one way in which a request ended, as the gateway saw it.</summary>
internal enum Outcome
{
    /// <summary>Its whole answer was written.</summary>
    Completed,

    /// <summary>Its client left, or read too slowly, or the server stopped.</summary>
    Cancelled,

    /// <summary>It was not taken, or waited too long.</summary>
    Refused,

    /// <summary>The engine failed.</summary>
    Failed,
}

/// <summary>A number that only grows. Any number of threads may add.</summary>
internal sealed class Counter
{
    private long value;

    /// <summary>What it has grown to.</summary>
    public long Value => Interlocked.Read(ref value);

    /// <summary>Adds to it.</summary>
    public void Add(long more = 1) => Interlocked.Add(ref value, more);
}

/// <summary>What was measured of the requests of one class.</summary>
internal sealed class ClassMetrics
{
    private readonly Counter[] ends = [.. Enum.GetValues<Outcome>().Select(_ => new Counter())];

    /// <summary>Arrival to first token.</summary>
    public Histogram FirstToken { get; } = new(Histogram.Waits);

    /// <summary>Between two tokens of an answer.</summary>
    public Histogram NextToken { get; } = new(Histogram.Gaps);

    /// <summary>Arrival to the first step that held any of it.</summary>
    public Histogram Queue { get; } = new(Histogram.Waits);

    /// <summary>Arrival to the end of a completed answer.</summary>
    public Histogram EndToEnd { get; } = new(Histogram.Waits);

    /// <summary>Requests that came.</summary>
    public Counter Requests { get; } = new();

    /// <summary>Tokens of the prompts that were taken.</summary>
    public Counter PromptTokens { get; } = new();

    /// <summary>Tokens of answers.</summary>
    public Counter AnswerTokens { get; } = new();

    /// <summary>Requests that ended so.</summary>
    public Counter Ends(Outcome outcome) => ends[(int)outcome];

    /// <summary>A request came.</summary>
    public void Started() => Requests.Add();

    /// <summary>A request ended.</summary>
    public void Ended(Outcome outcome) => Ends(outcome).Add();
}

/// <summary>What was measured of all requests, by class.</summary>
internal sealed class GatewayMetrics(ClassTable classes)
{
    private readonly Dictionary<string, ClassMetrics> byClass =
        classes.All.ToDictionary(its => its.Name, _ => new ClassMetrics());

    /// <summary>Names of classes and what was measured of each, in their order.</summary>
    public IEnumerable<(string Name, ClassMetrics Metrics)> All => classes.All.Select(its => (its.Name, byClass[its.Name]));

    /// <summary>Replies that were errors before any class was known: bad input, wrong model.</summary>
    public Counter Rejected { get; } = new();

    /// <summary>What is measured of one class.</summary>
    public ClassMetrics Of(string name) => byClass[name];
}
