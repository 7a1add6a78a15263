namespace Sluice.Simulation;

/// <summary>How unequally one instance serves tenants who all have work waiting.</summary>
/// <remarks>
/// <para>Service is 1 for a token of a prompt, all of it in the step in which it begins, and 2 for a token of an answer, divided by the weight. A tenant
/// has work waiting while a request of its own that has come here has not begun. The gap of two is the most by which what they
/// received differs over any stretch of time in which both had work waiting throughout: the quantity that VTC bounds (Sheng et al., OSDI
/// 2024, length-prediction.md 10).</para>
/// <para>All pairs of those who wait are looked at after every step, up to <see cref="Most"/> tenants: the first of the run.</para>
/// </remarks>
internal sealed class ServiceGap
{
    /// <summary>Tenants that are compared.</summary>
    public const int Most = 64;

    private readonly double[] served = new double[Most];
    private readonly int[] waiting = new int[Most];
    private readonly List<int> backlogged = [];
    private readonly List<int> begun = [];
    private (double Least, double Greatest)[,]? apart;

    /// <summary>The greatest gap so far.</summary>
    public double Largest { get; private set; }

    /// <summary>A request of a tenant waits here.</summary>
    public void Came(int tenant)
    {
        if (waiting[tenant]++ == 0)
        {
            foreach (int earlier in backlogged)
            {
                apart ??= new (double, double)[Most, Most];
                double now = served[tenant] - served[earlier];
                apart[tenant, earlier] = (now, now);
            }

            backlogged.Add(tenant);
        }
    }

    /// <summary>A request that waited has gone without being served.</summary>
    public void Left(int tenant)
    {
        if (--waiting[tenant] == 0)
        {
            backlogged.Remove(tenant);
        }
    }

    /// <summary>A request that waited was begun in the step that ends; it counts as waiting until <see cref="StepEnded"/>.</summary>
    public void Begun(int tenant) => begun.Add(tenant);

    /// <summary>A tenant received service.</summary>
    public void Served(int tenant, double service) => served[tenant] += service;

    /// <summary>Everybody has been told what the step brought.</summary>
    public void StepEnded()
    {
        for (int i = 1; i < backlogged.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                ref (double Least, double Greatest) range = ref apart![backlogged[i], backlogged[j]];
                double now = served[backlogged[i]] - served[backlogged[j]];
                range = (Math.Min(range.Least, now), Math.Max(range.Greatest, now));
                Largest = Math.Max(Largest, range.Greatest - range.Least);
            }
        }

        foreach (int tenant in begun)
        {
            Left(tenant);
        }

        begun.Clear();
    }
}
