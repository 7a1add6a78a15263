using Sluice.Core.Requests;

namespace Sluice.Simulation;

/// <summary>Gives each request of a run its class, by the classes' shares and the seed: the same in a simulation and under live load.</summary>
public sealed class ClassDraw
{
    private readonly IReadOnlyList<ClassShare> classes;
    private readonly RandomStream draws;
    private readonly double[] ends;

    /// <summary>Draws that have not begun.</summary>
    /// <param name="classes">The classes; their shares add up to 1.</param>
    /// <param name="streams">The run's streams of chance; this takes the one called <c>classes</c>.</param>
    public ClassDraw(IReadOnlyList<ClassShare> classes, RandomStreams streams)
    {
        ArgumentNullException.ThrowIfNull(streams);
        this.classes = classes;
        draws = streams.Stream("classes");
        double sum = 0;
        ends = [.. classes.Select(share => sum += share.Share)];
    }

    /// <summary>The class of the next request.</summary>
    public ServiceClass Next()
    {
        double draw = draws.NextDouble();
        int its = 0;
        while (its < ends.Length - 1 && draw >= ends[its])
        {
            its++;
        }

        return classes[its].Class;
    }
}
