namespace Sluice.Core;

/// <summary>Logarithm and exponential that give the same bits on every machine.</summary>
/// <remarks>
/// Made of additions, multiplications and divisions only, which IEEE 754 fixes to the bit. Relative error below 1e-15.
/// </remarks>
public static class PortableMath
{
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>Natural logarithm of a positive normal number.</summary>
    public static double Log(double x)
    {
        // x = m · 2ᵉ with m in [√½, √2); ln m = 2 artanh((m − 1) ÷ (m + 1)), a series in f² ≤ 0.0295.
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            exponent++;
        }

        double f = (m - 1) / (m + 1);
        double f2 = f * f;
        double series = 1.0 / 21;
        for (int odd = 19; odd >= 3; odd -= 2)
        {
            series = (series * f2) + (1.0 / odd);
        }

        return (exponent * Ln2High) + ((exponent * Ln2Low) + (2 * f * f2 * series) + (2 * f));
    }

    /// <summary>e to the power <paramref name="x"/>; beyond ±700 as at ±700.</summary>
    public static double Exp(double x)
    {
        // x = k ln 2 + r with |r| ≤ ½ ln 2; eʳ by its Taylor series, then the exponent moved by k.
        x = Math.Clamp(x, -700, 700);
        double k = Math.Floor((x / (Ln2High + Ln2Low)) + 0.5);
        double r = x - (k * Ln2High) - (k * Ln2Low);
        double series = 1;
        for (int n = 14; n >= 1; n--)
        {
            series = 1 + (r * series / n);
        }

        return series * BitConverter.Int64BitsToDouble(((long)k + 1023) << 52);
    }
}
