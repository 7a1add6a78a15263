using System.IO.Compression;

namespace Sluice.Simulation.Traces;

/// <summary>The lines of a text file as bytes, one at a time; gzip is known by its first bytes and unpacked.</summary>
/// <remarks>
/// Lines end in LF or CRLF; a UTF-8 byte order mark is dropped. Memory: one buffer, up to twice the longest line.
/// </remarks>
internal sealed class TraceLines : IDisposable
{
    /// <summary>Bytes a line may have: 16 MiB.</summary>
    public const int LongestLine = 16 << 20;

    private readonly string file;
    private readonly Stream stream;
    private byte[] buffer = new byte[64 << 10];
    private int start;
    private int end;
    private int lineStart;
    private int lineLength;
    private bool finished;

    /// <summary>Opens the file, or says why it cannot be read.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="kind">What it is, for the error.</param>
    public TraceLines(string file, string kind = "trace")
    {
        this.file = file;
        stream = Opened(file, kind);
    }

    /// <summary>The number of the current line, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the current line was longer than <see cref="LongestLine"/> and was dropped.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The current line without its end; valid until the next call of <see cref="Next"/>.</summary>
    public ReadOnlySpan<byte> Current => buffer.AsSpan(lineStart, lineLength);

    /// <summary>Moves to the next line; false at the end of the file.</summary>
    public bool Next()
    {
        Number++;
        IsTooLong = false;
        int searched = start;
        while (true)
        {
            int found = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                Take(searched + found);
                start = searched + found + 1;
                return true;
            }

            if (finished)
            {
                bool any = end > start || IsTooLong;
                Take(end);
                Number -= any ? 0 : 1;
                start = end;
                return any;
            }

            if (end - start > LongestLine)
            {
                IsTooLong = true;
                start = end;
            }

            searched = Fill();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private static Stream Opened(string file, string kind)
    {
        FileStream? raw = null;
        try
        {
            raw = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 32 << 10);
            bool packed = raw.ReadByte() == 0x1F && raw.ReadByte() == 0x8B;
            raw.Position = 0;
            return packed ? new GZipStream(raw, CompressionMode.Decompress) : raw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException
            or ArgumentException)
        {
            raw?.Dispose();
            string why = Directory.Exists(file) ? "it is a folder"
                : !File.Exists(file) ? "there is no such file" : e.Message.TrimEnd('.');
            throw new ArgumentException($"The {kind} `{file}` cannot be read: {why}. Check the path.", e);
        }
    }

    private void Take(int lineEnd)
    {
        lineStart = start;
        if (IsTooLong)
        {
            lineLength = 0;
            return;
        }

        if (Number == 1 && buffer.AsSpan(lineStart, lineEnd - lineStart).StartsWith("\uFEFF"u8))
        {
            lineStart += 3;
        }

        lineLength = lineEnd - lineStart;
        if (lineLength > 0 && buffer[lineEnd - 1] == (byte)'\r')
        {
            lineLength--;
        }

        if (lineLength > LongestLine)
        {
            IsTooLong = true;
            lineLength = 0;
        }
    }

    /// <summary>Reads more behind what is left of the buffer; returns where the new bytes begin.</summary>
    private int Fill()
    {
        int left = end - start;
        if (start > 0)
        {
            buffer.AsSpan(start, left).CopyTo(buffer);
        }
        else if (left == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        start = 0;
        end = left;
        try
        {
            int read = stream.Read(buffer, end, buffer.Length - end);
            finished = read == 0;
            end += read;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new TraceFormatException(
                file, Number, "more of the file", e.Message, "The file is damaged or cut short: fetch it again.");
        }

        return left;
    }
}
