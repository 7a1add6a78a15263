using System.Diagnostics;
using System.Globalization;

namespace Sluice.Tests;

/// <summary><c>sluice</c>, as the tests built it.</summary>
internal static class SluiceCommand
{
    private const int Interrupt = 2;

    /// <summary>
    /// Starts as a terminal would start it. Whoever runs the tests in the background of a script has SIGINT ignored, children inherit
    /// that, and Ctrl-C could not be tried; the <c>env</c> of GNU undoes it.
    /// </summary>
    public static ProcessStartInfo With(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "sluice.dll");
        return IsInterruptIgnored()
            ? new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, .. arguments])
            : new ProcessStartInfo("dotnet", [program, .. arguments]);
    }

    private static bool IsInterruptIgnored()
    {
        const string Field = "SigIgn:";
        string? line = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/self/status").FirstOrDefault(its => its.StartsWith(Field, StringComparison.Ordinal))
            : null;
        return line is not null && ((ulong.Parse(line[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (Interrupt - 1)) & 1) == 1;
    }
}
