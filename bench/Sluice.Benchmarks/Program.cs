using BenchmarkDotNet.Running;
using Sluice.Benchmarks.Engine;

if (args is ["engine", ..])
{
    EngineBench.Run(args);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
