namespace Sluice.Core.Lengths;

/// <summary>How far answers strayed from their predicted median, and what that says of the rest of an answer under way.</summary>
/// <remarks>
/// Holds sorted residuals e = ln(length ÷ predicted median) of finished answers. Of an answer with median P that has a tokens, those
/// residuals survive that make it longer: P·eᵉ &gt; a. Source: length-prediction.md (z.5). Nothing here allocates; a look-up
/// costs the logarithm of the residuals' number.
/// </remarks>
public sealed class ResidualLife
{
    /// <summary>With fewer survivors than this the past says nothing, and the rest grows with age.</summary>
    public const int FewestSurvivors = 8;

    private const double LeastLeft = 16;
    private const double LeftPerAge = 0.35;

    private readonly double[] ratios;
    private readonly double[] ratioSums;

    /// <summary>From residuals in any order, at least one, all finite.</summary>
    public ResidualLife(ReadOnlySpan<double> residuals)
    {
        if (residuals.IsEmpty)
        {
            throw new ArgumentException("A table of residuals needs at least one. Give the residuals of finished answers.");
        }

        Residuals = residuals.ToArray();
        Array.Sort(Residuals);
        if (!double.IsFinite(Residuals[0]) || !double.IsFinite(Residuals[^1]))
        {
            throw new ArgumentException("A residual is not a number. Leave answers without tokens out.");
        }

        ratios = [.. Residuals.Select(PortableMath.Exp)];
        ratioSums = new double[ratios.Length + 1];
        for (int i = ratios.Length - 1; i >= 0; i--)
        {
            ratioSums[i] = ratioSums[i + 1] + ratios[i];
        }
    }

    /// <summary>ln(length ÷ predicted median), ascending.</summary>
    internal double[] Residuals { get; }

    /// <summary>The share <paramref name="quantile"/> of all answers with this median is at most so long, tokens.</summary>
    public double Quantile(double median, double quantile) => median * ratios[Rank(quantile, ratios.Length)];

    /// <summary>Tokens still to come on average after <paramref name="age"/> tokens; never below 1.</summary>
    public double MeanLeft(double median, int age)
    {
        int survivor = FirstSurvivor(median, age);
        int survivors = ratios.Length - survivor;
        return survivors < FewestSurvivors
            ? BeyondExperience(age)
            : Math.Max((median * ratioSums[survivor] / survivors) - age, 1);
    }

    /// <summary>With probability <paramref name="quantile"/> at most so many tokens are still to come; never below 1.</summary>
    public double QuantileLeft(double median, int age, double quantile)
    {
        int survivor = FirstSurvivor(median, age);
        int survivors = ratios.Length - survivor;
        return survivors < FewestSurvivors
            ? BeyondExperience(age)
            : Math.Max((median * ratios[survivor + Rank(quantile, survivors)]) - age, 1);
    }

    /// <summary>The probability, 0–1, that the answer ends within the next <paramref name="tokens"/>.</summary>
    public double EndsWithin(double median, int age, int tokens)
    {
        int survivor = FirstSurvivor(median, age);
        int survivors = ratios.Length - survivor;
        return survivors < FewestSurvivors
            ? 1 - PortableMath.Exp(-tokens / BeyondExperience(age))
            : (double)(FirstSurvivor(median, age + tokens) - survivor) / survivors;
    }

    private static double BeyondExperience(int age) => Math.Max(LeastLeft, LeftPerAge * (age + 1));

    /// <summary>The place of a quantile among so many sorted values: the least that is not below the share.</summary>
    private static int Rank(double quantile, int count) => Math.Clamp((int)Math.Ceiling(quantile * count) - 1, 0, count - 1);

    /// <summary>The place of the first residual with which the answer is longer than it is already.</summary>
    private int FirstSurvivor(double median, int age)
    {
        int low = 0;
        int high = ratios.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (median * ratios[middle] > age)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
