using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

/// <summary>What the orders bring, as length-prediction.md (z.6) has it: 16 places, lengths as of Alpaca's answers, Poisson arrivals.</summary>
public class OverloadTests
{
    private const int Requests = 800;
    private const int Places = 16;
    private const double MeanLength = 125;

    /// <summary>Half of the variance of ln(length), for a coefficient of variation of 0.85, is known from the prompt: a tau of 0.5.</summary>
    private const double Spread = 0.521;

    private static readonly ResidualLife Residuals =
        new([.. Enumerable.Range(1, 199).Select(i => Spread * PortableMath.Log(i / (200.0 - i)) / 1.702)]);

    [Theory]
    [InlineData("pars")]
    [InlineData("pars:age=5s")]
    [InlineData("sjf")]
    [InlineData("elis")]
    [InlineData("alise")]
    [InlineData("trail")]
    [InlineData("ltr")]
    public void Under_overload_a_prediction_helps_and_the_truth_helps_more(string policy)
    {
        double none = MeanCompletion("fcfs", load: 1.3, Knowledge.None);
        double predicted = MeanCompletion(policy, load: 1.3, Knowledge.Predicted);
        double oracle = MeanCompletion(policy, load: 1.3, Knowledge.Oracle);

        Assert.True(none > predicted && predicted > oracle, $"{none:0} > {predicted:0} > {oracle:0} ms");
    }

    [Theory]
    [InlineData("pars")]
    [InlineData("pars:age=5s")]
    [InlineData("ltr")]
    [InlineData("elis")]
    [InlineData("alise")]
    [InlineData("fastserve")]
    [InlineData("trail")]
    [InlineData("sjf")]
    public void Where_nothing_waits_the_order_makes_no_difference(string policy) =>
        Assert.Equal(
            MeanCompletion("fcfs", load: 0.01, Knowledge.None, requests: 100),
            MeanCompletion(policy, load: 0.01, Knowledge.Predicted, requests: 100));

    [Fact]
    public void Ageing_bounds_the_wait_of_the_longest_for_a_price_in_the_mean()
    {
        (double mean, double longest) = Completion("pars:starve=off", 1.3, Knowledge.Predicted, Requests);
        (double agedMean, double agedLongest) = Completion("pars:starve=off:age=2s", 1.3, Knowledge.Predicted, Requests);

        Assert.True(agedLongest < longest, $"{agedLongest:0} < {longest:0} ms");
        Assert.True(agedMean > mean, $"{agedMean:0} > {mean:0} ms");
    }

    private static double MeanCompletion(string policy, double load, Knowledge knowledge, int requests = Requests) =>
        Completion(policy, load, knowledge, requests).Mean;

    /// <summary>Mean and longest time from arrival to the last token, ms, from a run whose chance is the same for all policies.</summary>
    private static (double Mean, double Longest) Completion(string policy, double load, Knowledge knowledge, int requests)
    {
        var random = new Random(1);
        var instance = new Instance(policy, blocks: 100_000, sequences: Places);
        var answers = new Dictionary<Sequence, int>();
        double step = 5 + (0.1 * Places);
        double next = 0;
        double sum = 0;
        double longest = 0;
        for (int arrived = 0, ended = 0; ended < requests;)
        {
            if (answers.Count == 0)
            {
                instance.Now = Math.Max(instance.Now, next);
            }

            for (; arrived < requests && next <= instance.Now; arrived++)
            {
                double known = Math.Log(MeanLength) - (Spread * Spread) + (Spread * Normal(random));
                double length = Math.Max(1, Math.Round(Math.Exp(known + (Spread * Normal(random)))));
                answers.Add(instance.Add(1, estimate: Estimate(knowledge, known, length)), (int)length);
                next += -Math.Log(1 - random.NextDouble()) * step * MeanLength / (Places * load);
            }

            foreach ((Sequence sequence, _) in instance.Shares())
            {
                if (sequence.Generated >= answers[sequence])
                {
                    double took = instance.Now - sequence.Request.Arrival.Milliseconds;
                    sum += took;
                    longest = Math.Max(longest, took);
                    instance.Scheduler.End(sequence);
                    answers.Remove(sequence);
                    ended++;
                }
            }
        }

        return (sum / requests, longest);
    }

    private static LengthEstimate? Estimate(Knowledge knowledge, double known, double length) => knowledge switch
    {
        Knowledge.Oracle => Estimates.Of(length),
        Knowledge.Predicted => new LengthEstimate(known, Math.Exp(known), Residuals),
        _ => null,
    };

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private enum Knowledge
    {
        None,
        Predicted,
        Oracle,
    }
}
