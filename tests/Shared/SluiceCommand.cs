using System.Diagnostics;

namespace Sluice.Tests;

/// <summary><c>sluice</c>, as the tests built it.</summary>
internal static class SluiceCommand
{
    /// <summary>
    /// Starts as a terminal would start it. Whoever runs the tests in the background of a script has SIGINT ignored, children inherit
    /// that, and Ctrl-C could not be tried.
    /// </summary>
    public static ProcessStartInfo With(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "sluice.dll");
        return OperatingSystem.IsLinux()
            ? new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, .. arguments])
            : new ProcessStartInfo("dotnet", [program, .. arguments]);
    }
}
