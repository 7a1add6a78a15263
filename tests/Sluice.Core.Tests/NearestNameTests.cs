namespace Sluice.Core.Tests;

public class NearestNameTests
{
    private static readonly string[] Policies = ["fcfs", "edf", "sjf", "proserve", "slide"];

    [Theory]
    [InlineData("edf", "edf", 0)]
    [InlineData("edff", "edf", 1)]
    [InlineData("def", "edf", 1)]
    [InlineData("EDF", "edf", 0)]
    [InlineData("", "edf", 3)]
    [InlineData("kitten", "sitting", 3)]
    public void Edits_count_insertions_deletions_replacements_and_swaps(string from, string to, int edits)
    {
        Assert.Equal(edits, NearestName.Edits(from, to));
        Assert.Equal(edits, NearestName.Edits(to, from));
    }

    [Theory]
    [InlineData("edff", "edf")]
    [InlineData("porserve", "proserve")]
    [InlineData("pro", "proserve")]
    [InlineData("FCFS", "fcfs")]
    [InlineData("slidebatching", "slide")]
    public void A_slip_of_the_finger_finds_its_name(string given, string meant) =>
        Assert.Equal(meant, NearestName.Of(given, Policies));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("roundrobin")]
    public void A_word_far_from_all_names_finds_none(string given) => Assert.Null(NearestName.Of(given, Policies));

    [Fact]
    public void An_unknown_name_is_answered_with_the_nearest_and_the_others()
    {
        var error = new UnknownNameException("batch policy", "edff", ["edf", "fcfs", "sjf", "slide"]);

        Assert.Equal("no batch policy is called `edff`", error.Message);
        Assert.Equal("did you mean `edf`? The others are `fcfs`, `sjf` and `slide`", error.Hint);
    }

    [Fact]
    public void A_name_far_from_all_is_answered_with_the_list()
    {
        var error = new UnknownNameException("batch policy", "roundrobin", ["edf", "fcfs"]);

        Assert.Null(error.Nearest);
        Assert.Equal("there are `edf` and `fcfs`", error.Hint);
    }
}
