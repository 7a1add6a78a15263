using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>What monitors see.</summary>
public sealed partial class LookTests
{
    [Fact]
    public async Task Metrics_are_prometheus_text_and_count_what_happened()
    {
        await using Door door = await Door.OpenAsync(instances: 2);
        await door.AskAsync("/v1/completions", """{"prompt":"Hi","max_tokens":5}""");
        await door.AskAsync("/v1/completions", """{"prompt":"Hi","max_tokens":3,"n":2,"service_tier":"flex"}""");
        using HttpResponseMessage bad = await door.PostAsync("/v1/completions", "{}");
        await door.RequireEmptyAsync();

        using HttpResponseMessage page = await door.Http.GetAsync(new Uri(door.Address, "/metrics"));
        string text = await page.Content.ReadAsStringAsync();

        Assert.StartsWith("text/plain; version=0.0.4", page.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Dictionary<string, double> samples = Parse(text);
        Assert.Equal(1, samples["sluice_requests_ended_total{class=\"standard\",outcome=\"completed\"}"]);
        Assert.Equal(1, samples["sluice_requests_ended_total{class=\"batch\",outcome=\"completed\"}"]);
        Assert.Equal(0, samples["sluice_requests_ended_total{class=\"interactive\",outcome=\"completed\"}"]);
        Assert.Equal(1, samples["sluice_requests_rejected_total"]);
        Assert.Equal(5, samples["sluice_answer_tokens_total{class=\"standard\"}"]);
        Assert.Equal(6, samples["sluice_answer_tokens_total{class=\"batch\"}"]);
        Assert.Equal(4, samples["sluice_inter_token_seconds_count{class=\"standard\"}"]);
        Assert.Equal(1, samples["sluice_time_to_first_token_seconds_count{class=\"standard\"}"]);
        Assert.Equal(1, samples["sluice_queue_seconds_count{class=\"batch\"}"]);
        Assert.Equal(11, samples.Where(sample => sample.Key.StartsWith("sluice_engine_answer_tokens_total", StringComparison.Ordinal)).Sum(sample => sample.Value));
        Assert.Equal(0, samples["sluice_requests_outstanding"]);
    }

    [Fact]
    public async Task The_state_names_classes_policies_and_engines()
    {
        await using Door door = await Door.OpenAsync(instances: 2);
        await door.AskAsync("/v1/completions", """{"prompt":"Hi","max_tokens":5}""");

        JsonNode state = JsonNode.Parse(await door.Http.GetStringAsync(new Uri(door.Address, "/v1/sluice/state")))!;

        Assert.Equal("gain", (string?)state["routing"]);
        Assert.Equal(["interactive", "standard", "batch"], ((JsonArray)state["classes"]!).Select(its => (string)its!["name"]!));
        Assert.Equal(["pretend-0", "pretend-1"], ((JsonArray)state["instances"]!).Select(its => (string)its!["name"]!));
        Assert.Equal(5, ((JsonArray)state["instances"]!).Sum(its => (int)its!["engine"]!["answerTokens"]!));
        Assert.True((bool)state["ready"]!);
    }

    [Fact]
    public async Task Health_models_and_tokens_are_answered()
    {
        await using Door door = await Door.OpenAsync();

        Assert.Equal("{\"status\":\"ok\"}", await door.Http.GetStringAsync(new Uri(door.Address, "/health")));
        JsonNode models = JsonNode.Parse(await door.Http.GetStringAsync(new Uri(door.Address, "/v1/models")))!;
        Assert.Equal(16_000, (int?)models["data"]![0]!["max_model_len"]);
        JsonNode tokens = await door.AskAsync("/tokenize", """{"messages":[{"role":"user","content":"Hi"}]}""");
        JsonNode usage = await door.AskAsync(
            "/v1/chat/completions", """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}""");
        Assert.Equal((int?)usage["usage"]!["prompt_tokens"], (int?)tokens["count"]);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/ready")]
    public async Task Load_balancers_may_ask_for_the_head_alone(string path)
    {
        await using Door door = await Door.OpenAsync();

        using HttpRequestMessage head = new(HttpMethod.Head, new Uri(door.Address, path));
        using HttpResponseMessage reply = await door.Http.SendAsync(head);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Empty(await reply.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Checks every line of the format: help, type, samples of the declared family, buckets that add up.</summary>
    private static Dictionary<string, double> Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Dictionary<string, double> samples = [];
        Dictionary<string, string> types = [];
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith('#'))
            {
                Match comment = Comment().Match(line);
                Assert.True(comment.Success, line);
                if (comment.Groups[1].Value == "TYPE")
                {
                    types.Add(comment.Groups[2].Value, comment.Groups[3].Value);
                }

                continue;
            }

            Match sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            string name = sample.Groups[1].Value;
            string family = types.ContainsKey(name) ? name : Suffix().Replace(name, "");
            Assert.True(types.ContainsKey(family), $"{line} has no type");
            Assert.Equal(types[family] == "counter", name.EndsWith("_total", StringComparison.Ordinal));
            samples.Add(name + sample.Groups[2].Value, double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture));
        }

        foreach (string count in samples.Keys.Where(key => key.Contains("_count", StringComparison.Ordinal)))
        {
            string labels = count[(count.IndexOf('{', StringComparison.Ordinal) + 1)..^1];
            string name = count[..count.IndexOf("_count", StringComparison.Ordinal)];
            double[] buckets = [.. samples.Where(sample => sample.Key.StartsWith($"{name}_bucket{{{labels},", StringComparison.Ordinal)).Select(sample => sample.Value)];
            Assert.Equal(buckets.Order(), buckets);
            Assert.Equal(samples[count], buckets[^1]);
        }

        return samples;
    }

    [GeneratedRegex(@"^# (HELP|TYPE) ([a-z_]+) (.+)$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^([a-z_]+)((?:\{[a-z_]+=""[^""]*""(?:,[a-z_]+=""[^""]*"")*\})?) ([0-9.eE+\-]+)$")]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
