using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Answers that keep to a grammar.</summary>
public sealed class LlamaGrammarTests(RandomModels models) : IClassFixture<RandomModels>
{
    private LlamaVocabulary Vocabulary => models.Exact.Vocabulary;

    [Fact]
    public void Only_tokens_that_go_on_are_allowed()
    {
        using LlamaGrammar grammar = LlamaGrammar.Parse(models.Exact, "root ::= \"yes\" | \"no\"");

        Assert.True(grammar.Allows(Byte('y')));
        Assert.True(grammar.Allows(Byte('n')));
        Assert.False(grammar.Allows(Byte('x')));
        Assert.All(Vocabulary.Ends, end => Assert.False(grammar.Allows(end)));
    }

    [Fact]
    public void The_end_is_allowed_when_the_grammar_is_through_and_then_nothing_else()
    {
        using LlamaGrammar grammar = LlamaGrammar.Parse(models.Exact, "root ::= \"no\"");
        grammar.Accept(Byte('n'));
        grammar.Accept(Byte('o'));

        float[] logits = new float[Vocabulary.Count];
        grammar.Mask(logits);

        Assert.Equal(Vocabulary.Ends, Enumerable.Range(0, logits.Length).Where(token => !float.IsNegativeInfinity(logits[token])));
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        using LlamaGrammar grammar = LlamaGrammar.Parse(models.Exact, "root ::= \"ab\" | \"ac\"");
        grammar.Accept(Byte('a'));
        using LlamaGrammar clone = grammar.Clone();
        clone.Accept(Byte('c'));

        Assert.True(grammar.Allows(Byte('b')));
        Assert.False(clone.Allows(Byte('b')));
        grammar.Reset();
        Assert.True(grammar.Allows(Byte('a')));
    }

    [Fact]
    public void A_token_that_is_not_allowed_is_refused_and_does_not_end_the_process()
    {
        using LlamaGrammar grammar = LlamaGrammar.Parse(models.Exact, "root ::= [0-9]+");

        Assert.Throws<InvalidOperationException>(() => grammar.Accept(Byte('x')));
        Assert.Throws<InvalidOperationException>(() => grammar.Accept(Vocabulary.Ends[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("root ::= missing")]
    [InlineData("other ::= \"a\"")]
    [InlineData("root ::= \"a")]
    [InlineData("root ::= [a")]
    [InlineData("root ::= root \"a\"")]
    [InlineData("root ::= (\"a\"")]
    [InlineData("root ::= \"a\"{3,1}")]
    [InlineData("root ::= \"a\"{1001}")]
    [InlineData("root ::= \"a\"{-1}")]
    [InlineData("root ::= \"a\"{2}{2}")]
    [InlineData("root ::= \"\\x\"")]
    [InlineData("root ::= \"a\\0\0\"")]
    public void What_is_no_grammar_is_refused_by_its_field(string text) =>
        Assert.Equal("grammar", Assert.Throws<GenerationRefusedException>(() => LlamaGrammar.Parse(models.Exact, text)).Field);

    [Fact]
    public void Grammars_that_would_exhaust_the_stack_or_memory_are_refused()
    {
        string nested = "root ::= " + new string('(', 60_000) + "\"a\"" + new string(')', 60_000);
        string deep = "root ::= " + new string('(', 30_000) + "\"a\"" + new string(')', 30_000);

        Assert.Contains("characters", Refused(nested), StringComparison.Ordinal);
        Assert.Contains("deep", Refused(deep), StringComparison.Ordinal);
        Assert.Contains("too much", Refused($"root ::= \"{new string('a', 60_000)}\"{{1000}}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Braces_and_brackets_in_quotes_classes_and_remarks_are_no_repetitions()
    {
        using LlamaGrammar grammar = LlamaGrammar.Parse(models.Exact, "# {9,1} (((\nroot ::= \"{9,1}\" | [{(}] | \"\\\"{2,1}\"");

        Assert.True(grammar.Allows(Byte('{')));
    }

    private string Refused(string text) =>
        Assert.Throws<GenerationRefusedException>(() => LlamaGrammar.Parse(models.Exact, text)).Message;

    private int Byte(char letter) => Vocabulary.Tokenize(letter.ToString(), addSpecial: false, parseSpecial: false).Single();
}
