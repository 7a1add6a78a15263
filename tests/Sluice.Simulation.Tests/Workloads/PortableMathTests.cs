using Sluice.Core;

namespace Sluice.Simulation.Tests.Workloads;

public class PortableMathTests
{
    [Fact]
    public void Drawing_logarithms_and_exponentials_agrees_with_the_platform_to_a_few_last_bits()
    {
        RandomStream stream = new RandomStreams(5).Stream("math");
        for (int i = 0; i < 100_000; i++)
        {
            double x = (stream.NextDouble() - 0.5) * 80;
            double exp = PortableMath.Exp(x);

            Assert.Equal(1, exp / Math.Exp(x), tolerance: 1e-14);
            Assert.Equal(Math.Log(exp), PortableMath.Log(exp), tolerance: 1e-14 * Math.Max(1, Math.Abs(x)));
        }
    }
}
