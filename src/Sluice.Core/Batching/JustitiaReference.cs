namespace Sluice.Core.Batching;

/// <summary>The ideal that Justitia is fair by: every application is served all the time, each by its weight's share of the machine.</summary>
/// <remarks>
/// Virtual time V is the service a weight of 1 has received since the beginning; it grows by served ÷ Σ weights, so it is
/// piecewise linear and never goes back. Who arrives at V with a cost C finishes at F = V + C ÷ weight, whoever else comes or goes.
/// Source: generalised processor sharing (Parekh and Gallager 1993), as in length-prediction.md 5.
/// </remarks>
internal sealed class JustitiaReference
{
    private readonly KeyedHeap finishes = new();
    private double[] weights = new double[64];
    private double weight;

    /// <summary>Virtual time.</summary>
    public double Now { get; private set; }

    /// <summary>Whether an application has not yet finished here.</summary>
    public bool Contains(int application) => finishes.Contains(application);

    /// <summary>An application is to finish at <paramref name="finish"/>, after now; or later than it was to.</summary>
    public void Put(int application, double finish, double itsWeight, long tie)
    {
        if (application >= weights.Length)
        {
            Array.Resize(ref weights, Math.Max(application + 1, weights.Length * 2));
        }

        Remove(application);
        finishes.Add(application, finish, tie);
        weights[application] = itsWeight;
        weight += itsWeight;
    }

    /// <summary>
    /// The machine serves: the next application to finish within <paramref name="service"/> leaves, and what is left of the service comes
    /// back for the next call. False once all of it has been shared out, or nobody is left.
    /// </summary>
    public bool TryFinish(ref double service, out int application)
    {
        application = -1;
        if (finishes.Count == 0)
        {
            return false;
        }

        double needed = Math.Max(finishes.TopKey - Now, 0) * weight;
        if (needed > service)
        {
            Now = Math.Min(Now + (service / weight), finishes.TopKey);
            return false;
        }

        service -= needed;
        Now = Math.Max(Now, finishes.TopKey);
        application = finishes.Top;
        Remove(application);
        return true;
    }

    private void Remove(int application)
    {
        if (finishes.Remove(application))
        {
            weight = finishes.Count == 0 ? 0 : weight - weights[application];
        }
    }
}
