using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Lengths.Training;
using Sluice.Engine;
using Sluice.Gateway;
using Sluice.Gateway.Lengths;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>A server that learns how long answers are from those it gives.</summary>
public sealed class LengthServeTests : IDisposable
{
    private const int Enough = 210;

    private static readonly LengthLearning Quick = new() { MostAnswers = 400, Training = new LengthTraining { Passes = 2 } };

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-lengths-");

    private string Kept => Path.Combine(folder.FullName, "kept.lengths");

    [Fact]
    public async Task After_enough_answers_it_has_a_model_and_a_restart_keeps_it()
    {
        await using (Door door = await OpenAsync(new LengthOptions { Learning = Quick, Store = LengthStore.Open(Kept) }))
        {
            await AskManyAsync(door, 0, Enough);
            await LearntAsync(door, 1);
            Assert.Equal("pretend", (string?)(await LengthsAsync(door))["predictedBy"]);
        }

        Assert.Equal("pretend", Assert.Single(LengthStore.Open(Kept).Models).Target);
        Assert.DoesNotContain("bridges", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Kept)), StringComparison.Ordinal);
        await using Door again = await OpenAsync(new LengthOptions { Learning = Quick, Store = LengthStore.Open(Kept) });
        await AskManyAsync(again, 1000, 50);

        JsonNode lengths = await LengthsAsync(again);
        Assert.Equal(("pretend", 50, 0), ((string?)lengths["predictedBy"], (int)lengths["samples"]!, (int)lengths["retrains"]!));
        Assert.InRange((double)lengths["tau"]!, 0.5, 1);
        string page = await again.Http.GetStringAsync(new Uri(again.Address, "/metrics"));
        Assert.Contains("sluice_length_samples{model=\"pretend\"} 50\n", page, StringComparison.Ordinal);
        Assert.Contains("sluice_length_tau{model=\"pretend\"} 0.", page, StringComparison.Ordinal);
        Assert.Contains("sluice_length_retrains_total{model=\"pretend\",result=\"taken\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("sluice_length_within_quantile{model=\"pretend\",quantile=\"0.9\"} ", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_scheduler_is_told_before_it_decides_and_the_limit_caps_what_it_is_told()
    {
        ConcurrentBag<LiveRequest> seen = [];
        EngineOptions engine = new()
        {
            Recorder = call =>
            {
                if (call is { Kind: SchedulerCallKind.Add, Sequence.Request: LiveRequest live })
                {
                    seen.Add(live);
                }
            },
        };
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick, Store = await TaughtAsync() }, engine);

        await door.AskAsync("/v1/completions", """{"prompt":"Write glass and trade for abc.","max_tokens":30}""");
        await door.AskAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"Name glass and trade for abc."}],"ignore_eos":true,"max_tokens":3}""");

        LengthEstimate narrated = seen.Single(live => live.MaxAnswerTokens == 30).Estimate!.Value;
        LengthEstimate named = seen.Single(live => live.MaxAnswerTokens == 3).Estimate!.Value;
        Assert.True(narrated.Median > 2 * named.Median, $"{narrated.Median} for a tale, {named.Median} for a name");
        Assert.Equal((30, true), (narrated.P95, named.P95 <= 3));
    }

    [Fact]
    public async Task Cut_answers_are_no_whole_ones()
    {
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick });
        await AskManyAsync(door, 0, 199);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => door.AskAsync("/v1/completions", Body(i, ",\"ignore_eos\":true", 3))));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => door.AskAsync("/v1/completions", Body((4 * i) + 3, ",\"stop\":[\"e\",\"a\",\"o\"]"))));
        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage left = await door.PostAsync("/v1/completions", Body(i, ",\"stream\":true,\"ignore_eos\":true", 5000));
        }

        await door.RequireEmptyAsync();
        JsonNode before = await LengthsAsync(door);
        await AskManyAsync(door, 500, 1);

        Assert.Equal((299, 0, 0), ((int)before["samples"]!, (int)before["retrains"]!, (int)before["refusedRetrains"]!));
        await LearntAsync(door, 1);
    }

    [Fact]
    public async Task Models_that_change_under_load_lose_no_request()
    {
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick with { Growth = 0 }, Store = LengthStore.Open(Kept) });

        int asked = 0;
        while (await TrainingsAsync(door) < 3 && asked < 20_000)
        {
            await AskManyAsync(door, asked, 100);
            asked += 100;
        }

        Assert.InRange(await TrainingsAsync(door), 3, int.MaxValue);
        string page = await door.Http.GetStringAsync(new Uri(door.Address, "/metrics"));
        Assert.Contains($"sluice_requests_ended_total{{class=\"standard\",outcome=\"completed\"}} {asked}\n", page, StringComparison.Ordinal);
        Assert.Equal(400, (int)(await LengthsAsync(door))["samples"]!);
        Assert.Single(LengthStore.Open(Kept).Models);
    }

    [Fact]
    public async Task What_cannot_be_written_is_told_and_served_without()
    {
        ConcurrentBag<string> told = [];
        LengthStore store = LengthStore.Open(Path.Combine(folder.CreateSubdirectory("gone").FullName, "kept.lengths"));
        Directory.Delete(Path.Combine(folder.FullName, "gone"));
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick, Store = store }, log: told.Add);

        await AskManyAsync(door, 0, Enough);
        await LearntAsync(door, 1);

        Assert.Contains(told, line => line.StartsWith("answer lengths of pretend: ", StringComparison.Ordinal));
        Assert.Equal("pretend", (string?)(await LengthsAsync(door))["predictedBy"]);
    }

    [Fact]
    public async Task Without_learning_there_is_nothing_to_see()
    {
        await using Door door = await OpenAsync(null);
        await AskManyAsync(door, 0, 2);

        JsonNode state = JsonNode.Parse(await door.Http.GetStringAsync(new Uri(door.Address, "/v1/sluice/state")))!;

        Assert.Null(state["lengths"]);
        Assert.DoesNotContain("sluice_length_", await door.Http.GetStringAsync(new Uri(door.Address, "/metrics")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_others_stays_in_the_file_beside_its_own()
    {
        byte[] others = LengthModelFile.Write(Trained("all"));
        await File.WriteAllBytesAsync(Kept, others);
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick, Store = LengthStore.Open(Kept) });
        Assert.Equal("all", (string?)(await LengthsAsync(door))["predictedBy"]);

        LengthStore.Open(Kept).Save(Trained("pretend"));

        Assert.Equal(["all", "pretend"], LengthStore.Open(Kept).Models.Select(model => model.Target));
        Assert.Equal(others, (await File.ReadAllBytesAsync(Kept))[..others.Length]);
    }

    [Theory]
    [InlineData(8, "version 9 of the model file")]
    [InlineData(4000, "is damaged")]
    public async Task A_file_of_no_use_is_told_of_and_learning_starts_anew(int place, string why)
    {
        byte[] bytes = LengthModelFile.Write(Trained("pretend"));
        bytes[place] = 9;
        await File.WriteAllBytesAsync(Kept, bytes);

        (SluiceProcess sluice, Uri _) = await SluiceProcess.ServeAsync("--lengths", Kept);
        using SluiceProcess serving = sluice;

        string line = serving.Errors.Single(line => line.StartsWith("lengths ", StringComparison.Ordinal));
        Assert.Contains("anew", line, StringComparison.Ordinal);
        Assert.Contains(why, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_something_else_is_refused_and_left_alone()
    {
        await File.WriteAllTextAsync(Kept, "my only novel");
        using SluiceProcess sluice = SluiceProcess.Start("serve", "--lengths", Kept);

        (int code, string _) = await sluice.EndAsync();

        Assert.Equal(2, code);
        Assert.Equal(2, sluice.Errors.Count);
        Assert.Contains("holds no length models", sluice.Errors.First(), StringComparison.Ordinal);
        Assert.Equal("my only novel", await File.ReadAllTextAsync(Kept));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static Task<Door> OpenAsync(LengthOptions? lengths, EngineOptions? engine = null, Action<string>? log = null) =>
        Door.OpenAsync(new GatewayOptions { Lengths = lengths, Log = log }, engine: engine, runner: () => new ObedientRunner());

    /// <summary>A store with what a server has learnt from enough answers.</summary>
    private async Task<LengthStore> TaughtAsync()
    {
        await using Door door = await OpenAsync(new LengthOptions { Learning = Quick, Store = LengthStore.Open(Kept) });
        await AskManyAsync(door, 0, Enough);
        await LearntAsync(door, 1);
        return LengthStore.Open(Kept);
    }

    private static LengthModel Trained(string target) => LengthTrainer.Train(
        [.. Enumerable.Range(0, 200).Select(i => LengthSample.Of(new PromptFacts(ObedientRunner.Prompt(i)), 1 << (2 * (i % 4))))], Quick.Training, target);

    private static string Body(int number, string more = "", int maxTokens = 500) =>
        $$"""{"prompt":"{{ObedientRunner.Prompt(number)}}","max_tokens":{{maxTokens}}{{more}}}""";

    private static async Task AskManyAsync(Door door, int first, int count)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(first, count),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (number, _) =>
            {
                using HttpResponseMessage reply = await door.PostAsync("/v1/completions", Body(number));
                await reply.Content.ReadAsStringAsync(CancellationToken.None);
                Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
            });
        await door.RequireEmptyAsync();
    }

    private static async Task<JsonNode> LengthsAsync(Door door) =>
        JsonNode.Parse(await door.Http.GetStringAsync(new Uri(door.Address, "/v1/sluice/state")))!["lengths"]!;

    private static async Task LearntAsync(Door door, int trainings)
    {
        for (int i = 0; i < 3000 && await TrainingsAsync(door) < trainings; i++)
        {
            await Task.Delay(10);
        }

        Assert.InRange(await TrainingsAsync(door), trainings, int.MaxValue);
    }

    private static async Task<int> TrainingsAsync(Door door)
    {
        JsonNode lengths = await LengthsAsync(door);
        return (int)lengths["retrains"]! + (int)lengths["refusedRetrains"]!;
    }
}
