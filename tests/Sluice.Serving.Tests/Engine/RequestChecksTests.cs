using Sluice.Engine;

namespace Sluice.Serving.Tests.Engine;

public sealed class RequestChecksTests
{
    private static readonly ModelFacts Facts = new Sluice.Engine.Pretending.PretendRunner(Engines.Model(blocks: 10)).Facts;
    private static readonly GenerationRequest Good = Engines.Ask("Hello", 10);

    public static TheoryData<string, Refusal, GenerationRequest> Bad => new()
    {
        { "prompt", Refusal.Invalid, Good with { Prompt = [] } },
        { "prompt", Refusal.Invalid, Good with { Prompt = [Facts.VocabularySize] } },
        { "prompt", Refusal.TooLong, Good with { Prompt = new int[160] } },
        { "max_tokens", Refusal.Invalid, Good with { MaxTokens = 0 } },
        { "max_tokens", Refusal.TooLong, Good with { MaxTokens = 159 } },
        { "n", Refusal.Invalid, Good with { Choices = 129 } },
        { "stop", Refusal.Invalid, Good with { Stop = [""] } },
        { "stop", Refusal.Invalid, Good with { Stop = ["\uD800"] } },
        { "stop", Refusal.Invalid, Good with { Stop = [new string('x', 257)] } },
        { "stop", Refusal.Invalid, Good with { Stop = [.. Enumerable.Repeat("x", 17)] } },
        { "grammar", Refusal.Invalid, Good with { Sampling = new SamplingOptions { Grammar = "root ::= [a]" } } },
        { "temperature", Refusal.Invalid, Good with { Sampling = new SamplingOptions { Temperature = double.NaN } } },
        { "logit_bias", Refusal.Invalid, Good with { Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [-1] = 1 } } } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_cannot_be_served_is_refused_by_its_field(string field, Refusal refusal, GenerationRequest request)
    {
        GenerationRefusedException refused =
            Assert.Throws<GenerationRefusedException>(() => RequestChecks.MostAnswerTokens(request, Facts));

        Assert.Equal((field, refusal), (refused.Field, refused.Refusal));
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_limit_the_answer_may_go_on_to_the_end_of_the_context() =>
        Assert.Equal(158, RequestChecks.MostAnswerTokens(Good with { MaxTokens = null }, Facts));
}
