using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Core.Measures;

namespace Sluice.Cli.Load;

/// <summary>Sends requests when their time has come, whatever became of those before, and notes when each token comes.</summary>
internal sealed class LoadRun(Target target, PromptMaker prompts, bool tellsClasses)
{
    private readonly long started = Stopwatch.GetTimestamp();

    private Instant Now => new(Stopwatch.GetElapsedTime(started).Ticks);

    /// <summary>Runs them all; what was not sent before a cancellation has no end, what was on its way is unfinished.</summary>
    /// <param name="requests">In order of arrival.</param>
    /// <param name="progress">Told of each end.</param>
    /// <param name="cancel">Stops sending and gives up what is on its way.</param>
    public async Task RunAsync(IReadOnlyList<LoadRequest> requests, ProgressLine progress, CancellationToken cancel)
    {
        List<Task> sent = [];
        foreach (LoadRequest request in requests)
        {
            HttpRequestMessage message = MessageOf(request);
            TimeSpan wait = request.Arrival - Now;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (cancel.IsCancellationRequested)
            {
                message.Dispose();
                break;
            }

            sent.Add(Task.Run(() => SendAsync(request, message, progress, cancel), CancellationToken.None));
        }

        await Task.WhenAll(sent);
    }

    private async Task SendAsync(LoadRequest request, HttpRequestMessage message, ProgressLine progress, CancellationToken cancel)
    {
        request.SentAt = Now;
        try
        {
            using HttpRequestMessage sending = message;
            using HttpResponseMessage reply =
                await target.Http.SendAsync(sending, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (reply.IsSuccessStatusCode)
            {
                await ReadAsync(request, reply, cancel);
            }
            else
            {
                End(request, RequestEnd.Refused, Failures.Of((int)reply.StatusCode, await reply.Content.ReadAsStringAsync(cancel)));
            }
        }
        catch (OperationCanceledException)
        {
            End(request, RequestEnd.Unfinished, "interrupted");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            End(request, RequestEnd.Unfinished, Failures.Of(error));
        }

        progress.Add(1);
    }

    private async Task ReadAsync(LoadRequest request, HttpResponseMessage reply, CancellationToken cancel)
    {
        bool isFinished = false;
        await using Stream body = await reply.Content.ReadAsStreamAsync(cancel);
        await foreach (SseItem<AnswerPart?> item in AnswerReader.Read(body, cancel))
        {
            if (item.Data is not { } part)
            {
                break;
            }

            if (part.Error is { } error)
            {
                End(request, RequestEnd.Unfinished, error);
                return;
            }

            // The server's own count where it gives one; else an event with text is one token.
            int tokens = part.AnswerTokens is { } known ? known - request.Score.Tokens : part.HasText ? 1 : 0;
            request.Tokens(Math.Max(tokens, 0), part.HasText || request.Score.Tokens == 0 || !isFinished ? Now : request.Score.Last);
            request.ServedPromptTokens = part.PromptTokens ?? request.ServedPromptTokens;
            isFinished |= part.IsFinished;
        }

        End(request, isFinished ? RequestEnd.Completed : RequestEnd.Unfinished, isFinished ? null : "the stream was cut off");
    }

    private void End(LoadRequest request, RequestEnd end, string? failure)
    {
        request.End = end;
        request.EndedAt = Now;
        request.Failure = failure;
    }

    private HttpRequestMessage MessageOf(LoadRequest request)
    {
        JsonObject body = new()
        {
            ["model"] = target.Model,
            ["prompt"] = prompts.Make(request),
            ["max_tokens"] = request.AnswerTokens,
            ["ignore_eos"] = true,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true, ["continuous_usage_stats"] = true },
        };
        HttpRequestMessage message = new(HttpMethod.Post, target.At("/v1/completions")) { Content = JsonContent.Create(body) };
        if (tellsClasses)
        {
            message.Headers.Add("x-sluice-class", request.Class.Name);
            message.Headers.Add("x-sluice-ttft-ms", Milliseconds(request.Class.Slo.FirstToken));
            message.Headers.Add("x-sluice-tpot-ms", Milliseconds(request.Class.Slo.NextToken));
        }

        if (request.Client > 0)
        {
            message.Headers.Add("x-llm-d-inference-fairness-id", request.Client.ToString(CultureInfo.InvariantCulture));
        }

        return message;
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture);
}
