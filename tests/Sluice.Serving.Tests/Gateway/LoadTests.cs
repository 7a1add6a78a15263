using System.Text.Json.Nodes;
using Sluice.Gateway;
using Sluice.Serving.Tests.Engine;

namespace Sluice.Serving.Tests.Gateway;

/// <summary><c>sluice load</c> as a shell sees it, against a gateway in this process and against other servers.</summary>
public sealed class LoadTests
{
    private static readonly GatewayOptions TwoClasses = new()
    {
        Classes = [Engines.Class("high", 2, 1000, 50), Engines.Class("low", 1, 4000, 100)],
    };

    [Fact]
    public async Task Every_request_is_sent_with_its_class_and_lengths_and_scored()
    {
        await using Door door = await Door.OpenAsync(TwoClasses, instances: 2);

        JsonNode report = await LoadAsync(
            door.Address, "--synthetic", "requests=40,prompt=60,answer=12", "--rate", "40",
            "--class", "high=0.5,weight=2,ttft=1s,tpot=50ms", "--class", "low=0.5,ttft=4s,tpot=100ms");

        JsonNode run = report["runs"]![0]!;
        Assert.Equal((40, 40), ((int)run["requests"]!, (int)run["completed"]!));
        Assert.Equal(("slide", "gain", 2), ((string)run["batching"]!, (string)run["routing"]!, (int)run["instances"]!));
        Assert.Equal(40, (int)run["classes"]!["high"]!["requests"]! + (int)run["classes"]!["low"]!["requests"]!);
        Assert.Equal((double)run["load"]!["promptTokens"]!["planned"]!, (double)run["load"]!["promptTokens"]!["served"]!);
        Assert.Empty((JsonObject)run["load"]!["failures"]!);
        Assert.InRange((double)run["load"]!["scheduleDelay"]!["p50"]!, 0, 10_000);
        Assert.InRange((double)run["gain"]!["ratio"]!, 0, 1);
        Assert.InRange((double)run["ttft"]!["p50"]!, 0.1, 60_000);
        Assert.True((long)run["steps"]! > 0);

        // Three short requests before the load find out what the server takes; its tokens are the others.
        Assert.Equal(41, door.Engines.Sum(engine => engine.State.Started));
        Assert.Equal(
            (double)run["tokensPerSecond"]! * (double)run["makespan"]! / 1000,
            door.Engines.Sum(engine => engine.State.AnswerTokens) - 1, 3);
        await door.RequireEmptyAsync();
    }

    [Fact]
    public async Task A_server_without_classes_of_that_name_is_told_by_its_own_words()
    {
        await using Door door = await Door.OpenAsync();
        using SluiceProcess sluice = Start(door.Address, "--synthetic", "requests=5,prompt=20,answer=2", "--class", "vip=1");

        (int code, string output) = await sluice.EndAsync();

        Assert.Equal(1, code);
        Assert.Contains("unknown_class", output, StringComparison.Ordinal);
        Assert.Contains(sluice.Errors, line => line == "error: no request was completed");
    }

    [Fact]
    public async Task Refusals_count_as_refused_and_are_listed()
    {
        await using Door door = await Door.OpenAsync(TwoClasses with { MostHeld = 1 }, Engines.Model(speed: 0.3));

        JsonNode run = (await LoadAsync(door.Address, "--synthetic", "requests=20,prompt=1500,answer=2", "--rate", "200"))["runs"]![0]!;

        Assert.True((int)run["refused"]! > 0);
        Assert.Equal(20, (int)run["refused"]! + (int)run["completed"]!);
        Assert.Equal((int)run["refused"]!, (int)run["load"]!["failures"]!["status 429: over_capacity"]!);
    }

    [Fact]
    public async Task An_interrupted_load_reports_what_it_has()
    {
        await using Door door = await Door.OpenAsync(TwoClasses);
        string file = Path.Combine(Directory.CreateTempSubdirectory("sluice").FullName, "load.json");
        using SluiceProcess sluice = Start(door.Address, "--synthetic", "requests=1000,prompt=20,answer=4", "--rate", "10", "--json", file);
        await Door.UntilAsync(() => door.Engines[0].State.Completed > 5, "a few answers");

        sluice.Signal("INT");
        (int code, string output) = await sluice.EndAsync();

        Assert.Equal(1, code);
        Assert.Contains("partial   interrupted after", output, StringComparison.Ordinal);
        JsonNode run = JsonNode.Parse(await File.ReadAllTextAsync(file))!["runs"]![0]!;
        Assert.Equal(1000, (int)run["interrupted"]!["of"]!);
        Assert.InRange((int)run["completed"]!, 4, 999);
        await door.RequireEmptyAsync();
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_server_that_counts_no_tokens_before_the_end_is_counted_by_events_and_usage()
    {
        await using PlainServer server = await PlainServer.StartAsync();

        JsonNode run = (await LoadAsync(server.Address, "--synthetic", "requests=4,prompt=100,answer=6,lengths=constant", "--rate", "50"))["runs"]![0]!;

        Assert.Equal(4, (int)run["completed"]!);
        Assert.Equal(24, (double)run["tokensPerSecond"]! * (double)run["makespan"]! / 1000, 3);
        Assert.Equal(100, (double)run["load"]!["promptTokens"]!["served"]!, 1.0);
        Assert.Equal("-", (string?)run["batching"]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "cannot be reached", "sluice serve")]
    [InlineData("127.0.0.1:8080", "--url cannot be", "scheme, host and port")]
    [InlineData("http://127.0.0.1:8080/v1", "--url cannot be", "without a path")]
    public async Task A_wrong_url_gets_one_sentence(string url, string cause, string hint)
    {
        using SluiceProcess sluice = SluiceProcess.Start("load", "--url", url, "--synthetic", "default");

        (int code, string output) = await sluice.EndAsync();

        Assert.Equal((2, ""), (code, output));
        Assert.Equal(2, sluice.Errors.Count);
        Assert.Contains(cause, sluice.Errors.First(), StringComparison.Ordinal);
        Assert.Contains(hint, sluice.Errors.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model other", "has no model `other`", "choose one with --model: pretend")]
    [InlineData("--rate 3 --rate-scale 2", "--rate and --rate-scale", "leave one")]
    [InlineData("--key env:SLUICE_NO_SUCH_KEY", "`SLUICE_NO_SUCH_KEY`, which is not set", "set it")]
    public async Task A_wrong_flag_gets_one_sentence(string arguments, string cause, string hint)
    {
        await using Door door = await Door.OpenAsync();
        using SluiceProcess sluice = Start(door.Address, ["--synthetic", "requests=2", .. arguments.Split(' ')]);

        (int code, string _) = await sluice.EndAsync();

        Assert.Equal(2, code);
        Assert.Contains(cause, sluice.Errors.First(), StringComparison.Ordinal);
        Assert.Contains(hint, sluice.Errors.Last(), StringComparison.Ordinal);
    }

    private static SluiceProcess Start(Uri url, params string[] arguments) =>
        SluiceProcess.Start(["load", "--url", url.GetLeftPart(UriPartial.Authority), .. arguments]);

    private static async Task<JsonNode> LoadAsync(Uri url, params string[] arguments)
    {
        using SluiceProcess sluice = Start(url, [.. arguments, "--json", "-"]);
        (int code, string output) = await sluice.EndAsync();
        Assert.True(code == 0, string.Join('\n', sluice.Errors));
        return JsonNode.Parse(output)!;
    }
}
