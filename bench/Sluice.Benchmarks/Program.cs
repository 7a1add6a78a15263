using BenchmarkDotNet.Running;
using Sluice.Benchmarks.Engine;

if (args is ["engine", ..])
{
    EngineBench.Run(args);
    return;
}

if (args is ["live", ..])
{
    await LiveBench.RunAsync(args);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
