using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Sluice.Serving.Tests.Gateway;

/// <summary><c>sluice serve</c> as a shell sees it.</summary>
public sealed class ServeTests
{
    private const string Stream = """{"prompt":"Hi","max_tokens":500,"ignore_eos":true,"stream":true}""";

    [Fact]
    public async Task Without_a_model_it_serves_two_pretended_instances_and_says_so_and_what_to_try()
    {
        (SluiceProcess sluice, Uri address) = await SluiceProcess.ServeAsync();
        using SluiceProcess serving = sluice;
        using HttpClient http = new() { BaseAddress = address };

        JsonNode state = JsonNode.Parse(await http.GetStringAsync("/v1/sluice/state"))!;
        await Door.UntilAsync(() => serving.Errors.Any(line => line.StartsWith("try ", StringComparison.Ordinal)), "the last line");

        Assert.Equal(2, ((JsonArray)state["instances"]!).Count);
        Assert.Contains(serving.Errors, line => line.Contains("2 pretended instances", StringComparison.Ordinal));
        Assert.Contains(serving.Errors, line => line.Contains($"curl {address}v1/chat/completions -d '", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_lets_what_runs_come_to_its_end(string signal)
    {
        (SluiceProcess sluice, Uri address) = await SluiceProcess.ServeAsync();
        using SluiceProcess serving = sluice;
        using HttpClient http = new() { BaseAddress = address };
        using HttpRequestMessage message = Door.Message("/v1/completions", Stream);
        using HttpResponseMessage running = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);

        serving.Signal(signal);
        await Door.UntilAsync(() => serving.Errors.Any(line => line.StartsWith("stopping ", StringComparison.Ordinal)), "the stop");
        using HttpResponseMessage ready = await http.GetAsync("/ready");
        string stream = await running.Content.ReadAsStringAsync();
        (int code, string output) = await serving.EndAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"length\"", stream, StringComparison.Ordinal);
        Assert.Equal((0, ""), (code, output));
    }

    [Fact]
    public async Task What_runs_longer_than_the_drain_is_cut_off_and_told()
    {
        (SluiceProcess sluice, Uri address) = await SluiceProcess.ServeAsync("--drain", "200ms");
        using SluiceProcess serving = sluice;
        using HttpClient http = new() { BaseAddress = address };
        using HttpRequestMessage message = Door.Message("/v1/completions", Stream.Replace("500", "100000", StringComparison.Ordinal));
        using HttpResponseMessage running = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);

        serving.Signal("TERM");
        string stream = await running.Content.ReadAsStringAsync();

        Assert.Contains("\"code\":\"stopping\"", stream, StringComparison.Ordinal);
        Assert.Equal(0, (await serving.EndAsync()).Code);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        (SluiceProcess sluice, Uri address) = await SluiceProcess.ServeAsync("--drain", "1h");
        using SluiceProcess serving = sluice;
        using HttpClient http = new() { BaseAddress = address };
        using HttpRequestMessage message = Door.Message("/v1/completions", Stream.Replace("500", "100000", StringComparison.Ordinal));
        using HttpResponseMessage running = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);

        serving.Signal("TERM");
        await Door.UntilAsync(() => serving.Errors.Any(line => line.StartsWith("stopping ", StringComparison.Ordinal)), "the stop");
        serving.Signal("TERM");

        Assert.NotEqual(0, (await serving.EndAsync()).Code);
    }

    [Theory]
    [InlineData("--listen http://0.0.0.0:0", "reached by other machines", "--insecure")]
    [InlineData("--listen ftp://127.0.0.1:1", "--listen cannot be", "http://ADDRESS:PORT")]
    [InlineData("--listen http://example.org:80", "--listen cannot be", "IP address")]
    [InlineData("--model /nowhere.gguf", "no model file `/nowhere.gguf`", "")]
    [InlineData("--threads 2", "--threads is for models", "--model FILE")]
    [InlineData("--model x.gguf --speed 2", "--speed is for pretended instances", "leave one")]
    [InlineData("--model x.gguf --context 32 --kv-blocks 4", "--context and --kv-blocks", "leave one")]
    [InlineData("--batching fcsf", "no batch policy is called `fcsf`", "`fcfs`")]
    [InlineData("--routing gian", "no routing policy is called `gian`", "`gain`")]
    [InlineData("--default-class vip", "No service class is called `vip`", "interactive")]
    [InlineData("--class a,ttft=1s --class a", "Two service classes are called `a`", "its own name")]
    [InlineData("--class a,tpto=1s", "no property of a class is called `tpto`", "`tpot`")]
    [InlineData("--class gr\u00fcn", "cannot be named in a header", "letters, digits")]
    [InlineData("--lengths /nowhere/x.lengths", "folder of `/nowhere/x.lengths` does not exist", "Make it")]
    [InlineData("--lengths /", "`/` is a folder", "Name a file")]
    [InlineData("--drain soon", "--drain cannot be `soon`", "500ms")]
    public async Task A_wrong_command_gets_a_cause_and_a_hint(string arguments, string cause, string hint)
    {
        using SluiceProcess sluice = SluiceProcess.Start(["serve", .. arguments.Split(' ')]);

        (int code, string output) = await sluice.EndAsync();

        Assert.Equal((2, ""), (code, output));
        string[] lines = [.. sluice.Errors];
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(cause, lines[0], StringComparison.Ordinal);
        Assert.Contains(hint, lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        using SluiceProcess sluice = SluiceProcess.Start("serve", "--listen", $"http://127.0.0.1:{port}");

        (int code, string _) = await sluice.EndAsync();

        Assert.Equal(2, code);
        Assert.Equal($"error: 127.0.0.1:{port} is taken by another program", sluice.Errors.First());
    }
}
