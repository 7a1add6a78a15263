namespace Sluice.Core.Batching.Slide;

/// <summary>The time put by for whoever was passed over first: a share of every step while somebody is.</summary>
/// <remarks>
/// It pays for computing and for memory: who is given blocks pays at once for the time it is expected to hold them, as a part of all
/// memory. Once twice as much has been put by as the next portion takes, half of it is given even if the step is full.
/// </remarks>
internal sealed class Turn(double share)
{
    private const double MostOfStep = 0.25;

    private double credit;
    private double stay;

    /// <summary>How much time the oldest may have in this step, ms; 0 when it is not its turn.</summary>
    /// <param name="cost">Its computing, ms.</param>
    /// <param name="holding">What holding its memory takes from the others, ms; 0 when it holds it already.</param>
    /// <param name="budget">How long the step may take, ms.</param>
    /// <param name="used">What the step takes so far, ms.</param>
    public double Time(double cost, double holding, double budget, double used)
    {
        stay = holding;
        double portion = Math.Min(cost, MostOfStep * budget);
        double left = credit - stay;
        return left < portion ? 0 : Math.Min(left, Math.Max(budget - used, left < 2 * portion ? 0 : left / 2));
    }

    /// <summary>The oldest was given this much, ms.</summary>
    public void Spend(double milliseconds) => credit -= stay + milliseconds;

    /// <summary>A step was formed.</summary>
    public void Earn(double predicted, bool isSomebodyPassedOver) =>
        credit = isSomebodyPassedOver ? credit + (share * predicted) : 0;
}
