using Sluice.Core.Batching;
using Sluice.Core.Routing;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests;

/// <summary>What the program lists, the documents describe.</summary>
public sealed class DocumentationTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Policies =>
        [.. BatchPolicies.Names, .. RoutingPolicies.All.Select(entry => entry.Name)];

    public static TheoryData<string> Profiles => [.. ProfileCatalog.Names];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_policy_has_its_place_in_the_page_on_policies(string name) =>
        Assert.Contains($"`{name}`", Page("policies.md"), StringComparison.Ordinal);

    [Fact]
    public void Every_option_of_a_policy_is_described()
    {
        string page = Page("policies.md");
        Assert.All(
            BatchPolicies.All.SelectMany(entry => entry.Options),
            option => Assert.Contains($"`{option.Name}`", page, StringComparison.Ordinal));
        string routing = page[page.IndexOf("## Routing policies", StringComparison.Ordinal)..];
        Assert.All(
            RoutingPolicies.All.Where(entry => entry.Options.Count > 0),
            entry =>
            {
                string section = routing[routing.IndexOf($"### `{entry.Name}`", StringComparison.Ordinal)..];
                int next = section.IndexOf("\n### ", StringComparison.Ordinal);
                section = next < 0 ? section : section[..next];
                Assert.All(entry.Options, option => Assert.Contains($"`{option.Name}`", section, StringComparison.Ordinal));
            });
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_built_in_profile_stands_in_the_page_on_simulation(string name) =>
        Assert.Contains($"`{name}`", Page("simulation.md"), StringComparison.Ordinal);

    [Fact]
    public void Every_link_between_the_pages_leads_somewhere()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md")))
        {
            string folder = Path.GetDirectoryName(file)!;
            foreach (System.Text.RegularExpressions.Match link in
                System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(file), @"\]\((?!http)([^)#]+)"))
            {
                Assert.True(Path.Exists(Path.Combine(folder, link.Groups[1].Value)), $"{file}: {link.Groups[1].Value}");
            }
        }
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Root, "docs", name));

    private static string FindRoot()
    {
        DirectoryInfo at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Sluice.slnx")))
        {
            at = at.Parent!;
        }

        return at.FullName;
    }
}
