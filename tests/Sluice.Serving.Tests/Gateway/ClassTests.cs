using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Gateway.Admission;
using Sluice.Gateway.OpenAi;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>What a client says about itself, and what of it counts.</summary>
public sealed class ClassTests
{
    private static readonly ClassTable Classes = new(ClassTable.Usual);

    [Theory]
    [InlineData("standard")]
    [InlineData("interactive", "x-sluice-class=interactive", "x-llm-d-inference-objective=batch", "tier=flex", "priority=5")]
    [InlineData("batch", "x-llm-d-inference-objective=batch", "tier=priority")]
    [InlineData("interactive", "x-llm-d-inference-objective=nobody-knows", "tier=priority")]
    [InlineData("batch", "tier=flex", "priority=-5")]
    [InlineData("standard", "tier=auto", "priority=-5")]
    [InlineData("batch", "tier=batch")]
    [InlineData("interactive", "priority=-1")]
    [InlineData("standard", "priority=0")]
    [InlineData("batch", "priority=1")]
    [InlineData("interactive", "x-sluice-class=INTERACTIVE")]
    public void The_strongest_statement_names_the_class(string expected, params string[] said) =>
        Assert.Equal(expected, Of(said).Name);

    [Theory]
    [InlineData(2000, 100)]
    [InlineData(5000, 100, "x-sluice-ttft-ms=5000")]
    [InlineData(2000, 250, "x-slo-tpot-ms=250")]
    [InlineData(2500.5, 300, "x-llm-d-slo-ttft-ms=2500.5", "x-llm-d-slo-tpot-ms=300")]
    [InlineData(2000, 100, "x-sluice-ttft-ms=1", "x-sluice-tpot-ms=0.5")]
    [InlineData(86_400_000, 86_400_000, "x-sluice-ttft-ms=1e300", "x-sluice-tpot-ms=1e12")]
    public void An_slo_of_ones_own_may_be_looser_but_not_stricter(double ttft, double tpot, params string[] said)
    {
        Slo slo = Of(said).Slo;

        Assert.Equal(ttft, slo.FirstToken.TotalMilliseconds);
        Assert.Equal(tpot, slo.NextToken.TotalMilliseconds);
    }

    [Theory]
    [InlineData("x-sluice-class", "vip")]
    [InlineData("x-sluice-ttft-ms", "soon")]
    [InlineData("x-sluice-ttft-ms", "-5")]
    [InlineData("x-sluice-tpot-ms", "NaN")]
    [InlineData("x-slo-tpot-ms", "0")]
    public async Task A_header_that_cannot_be_is_named(string header, string value)
    {
        await using Door door = await Door.OpenAsync();

        using HttpResponseMessage reply = await door.PostAsync("/v1/completions", """{"prompt":"Hi"}""", (header, value));

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains($"\"param\":\"{header}\"", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reply_names_the_class()
    {
        await using Door door = await Door.OpenAsync();

        using HttpResponseMessage reply = await door.PostAsync(
            "/v1/completions", """{"prompt":"Hi","max_tokens":1,"service_tier":"flex"}""");

        Assert.Equal("batch", reply.Headers.GetValues("x-sluice-class").Single());
    }

    [Fact]
    public void The_class_of_those_who_name_none_is_the_named_one_else_standard_else_the_first()
    {
        ServiceClass[] mine = [ClassTable.Usual[2], ClassTable.Usual[0]];

        Assert.Equal("batch", new ClassTable(mine).Standard.Name);
        Assert.Equal("interactive", new ClassTable(mine, "Interactive").Standard.Name);
        Assert.Throws<ArgumentException>(() => new ClassTable(mine, "vip"));
        Assert.Throws<ArgumentException>(() => new ClassTable([mine[0], mine[0]]));
    }

    private static ServiceClass Of(string[] said)
    {
        HeaderDictionary headers = [];
        string? tier = null;
        int? priority = null;
        foreach (string[] pair in said.Select(one => one.Split('=')))
        {
            switch (pair[0])
            {
                case "tier":
                    tier = pair[1];
                    break;
                case "priority":
                    priority = int.Parse(pair[1]);
                    break;
                default:
                    headers[pair[0]] = pair[1];
                    break;
            }
        }

        return Statement.ClassOf(Classes, headers, new Call
        {
            Prompts = [[1]],
            PromptField = "prompt",
            Choices = 1,
            Sampling = new SamplingOptions(),
            ServiceTier = tier,
            Priority = priority,
        });
    }
}
