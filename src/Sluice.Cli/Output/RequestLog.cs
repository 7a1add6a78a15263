using System.Globalization;
using Sluice.Core;
using Sluice.Simulation;

namespace Sluice.Cli.Output;

/// <summary>Writes one CSV line a request, in the order in which they end. Times in ms since the start of the run.</summary>
internal sealed class RequestLog(OutputFile file) : IDisposable
{
    private const string Header =
        "id,class,client,instance,prompt_tokens,answer_tokens,end,arrival_ms,first_token_ms,last_token_ms,end_ms,"
        + "ttft_ms,tpot_ms,largest_gap_ms,tokens_on_time,preemptions";

    private TextWriter? writer;

    /// <summary>Writes one request. What the file held before stays until the first one.</summary>
    public void Add(EndedRequest request)
    {
        if (writer is null)
        {
            writer = file.Writer();
            writer.WriteLine(Header);
        }

        bool began = request.Score.Tokens > 0;
        string?[] cells =
        [
            Whole(request.Id),
            Quoted(request.Class),
            Whole(request.Client),
            request.Instance is { } instance ? Whole(instance) : "",
            Whole(request.PromptTokens),
            Whole(request.AnswerTokens),
            request.End.ToString().ToLowerInvariant(),
            Time(request.Arrival),
            began ? Time(request.Score.First) : "",
            began ? Time(request.Score.Last) : "",
            Time(request.EndedAt),
            began ? Number((request.Score.First - request.Arrival).TotalMilliseconds) : "",
            request.Score.MeanTpot is { } tpot ? Number(tpot) : "",
            began ? Number(request.Score.LargestGap.TotalMilliseconds) : "",
            Whole((request.Score.FirstOnTime ? 1 : 0) + request.Score.LaterOnTime),
            Whole(request.Preemptions),
        ];
        writer.WriteLine(string.Join(',', cells));
    }

    /// <inheritdoc/>
    public void Dispose() => writer?.Dispose();

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Time(Instant moment) => Number(moment.Milliseconds);

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
