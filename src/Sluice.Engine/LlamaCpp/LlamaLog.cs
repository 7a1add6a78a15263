using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How grave a line of the library's log is.</summary>
public enum LlamaLogLevel
{
    /// <summary>Of no weight.</summary>
    None,

    /// <summary>For those who mend the library.</summary>
    Debug,

    /// <summary>What it does.</summary>
    Info,

    /// <summary>Goes on, perhaps not as wished.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,
}

/// <summary>The library's log: whole lines of warnings and errors go to a sink, and the first error of a call can be asked for.</summary>
public static unsafe class LlamaLog
{
    /// <summary>Goes on with the line before, at its level.</summary>
    private const int Continuation = 5;

    [ThreadStatic]
    private static Line? line;

    /// <summary>
    /// Called with each whole line that is a warning or an error, on the thread that caused it. Must not throw. Null, the default, drops them.
    /// </summary>
    public static Action<LlamaLogLevel, string>? Sink { get; set; }

    /// <summary>The library's own word on which processor variant it loaded; null before it did.</summary>
    internal static string? LoadedVariant { get; private set; }

    /// <summary>The first error this thread caused since <see cref="Forget"/>; null when there was none.</summary>
    internal static string? FirstError => line?.FirstError;

    /// <summary>Starts anew for this thread.</summary>
    internal static void Forget() => (line ??= new Line()).FirstError = null;

    /// <summary>Sends the library's log here instead of standard error.</summary>
    internal static void Attach() => LlamaNative.llama_log_set(&Write, null);

    [UnmanagedCallersOnly]
    private static void Write(int level, byte* text, void* data)
    {
        Line current = line ??= new Line();
        if (level != Continuation)
        {
            current.Text.Clear();
            current.Level = (LlamaLogLevel)level;
        }

        string part = Marshal.PtrToStringUTF8((nint)text) ?? "";
        current.Text.Append(part);
        if (!part.EndsWith('\n'))
        {
            return;
        }

        string whole = current.Text.ToString().Trim();
        current.Text.Clear();
        if (LoadedVariant is null)
        {
            LoadedVariant = Variant(whole);
        }

        if (current.Level < LlamaLogLevel.Warning || whole.Length == 0)
        {
            return;
        }

        if (current.Level == LlamaLogLevel.Error)
        {
            current.FirstError ??= Plain(whole);
        }

        try
        {
            Sink?.Invoke(current.Level, whole);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Nothing managed may fall through native frames; a sink that fails loses its line.
        }
    }

    /// <summary>Without the name of the function it came from; the first error says the cause, later ones that things failed for it.</summary>
    private static string Plain(string text)
    {
        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && !text.AsSpan(0, colon).Contains(' ') ? text[(colon + 2)..] : text;
    }

    /// <summary>From a line that ends in <c>libggml-cpu-zen4.so</c>: zen4.</summary>
    private static string? Variant(string text)
    {
        const string Mark = "ggml-cpu-";
        int at = text.LastIndexOf(Mark, StringComparison.Ordinal);
        int end = at < 0 ? -1 : text.IndexOf('.', at);
        return end < 0 || !text.Contains("loaded", StringComparison.Ordinal) ? null : text[(at + Mark.Length)..end];
    }

    private sealed class Line
    {
        public StringBuilder Text { get; } = new();

        public LlamaLogLevel Level { get; set; }

        public string? FirstError { get; set; }
    }
}
