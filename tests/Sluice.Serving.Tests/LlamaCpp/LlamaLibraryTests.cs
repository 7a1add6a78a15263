using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Finding and loading the library, and what is said when it cannot be.</summary>
public sealed class LlamaLibraryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sluice").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void It_is_loaded_once_and_knows_its_release_and_processor()
    {
        LlamaLibrary library = LlamaLibrary.Load();

        Assert.Same(library, LlamaLibrary.Load());
        Assert.Equal(LlamaLibrary.Release, library.Version);
        Assert.Contains(library.Devices, device => device.Name == "CPU");
        Assert.Matches("^[a-z0-9]+$", library.Variant);
        Assert.NotEqual("cpu", library.Variant);
    }

    [Fact]
    public void The_folder_beside_the_program_is_preferred_to_node_modules()
    {
        string beside = Library("llama");
        Library("node_modules/@node-llama-cpp/linux-x64/bins/linux-x64");

        Assert.Equal(beside, LlamaFolder.Find(named: null, folder));
    }

    [Fact]
    public void Node_modules_of_a_folder_above_is_found()
    {
        string modules = Library("node_modules/@node-llama-cpp/linux-x64/bins/linux-x64");
        string program = Directory.CreateDirectory(Path.Combine(folder, "src", "bin")).FullName;

        Assert.Equal(modules, LlamaFolder.Find(named: null, program));
    }

    [Fact]
    public void The_variable_names_a_folder_or_a_file_in_it()
    {
        string named = Library("elsewhere");
        Library("llama");

        Assert.Equal(named, LlamaFolder.Find(named, folder));
        Assert.Equal(named, LlamaFolder.Find(Path.Combine(named, "libllama.v0.5.0.so"), folder));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("nowhere")]
    public void A_variable_that_names_no_library_is_told_so_and_nothing_else_is_tried(string name)
    {
        Library("llama");
        Directory.CreateDirectory(Path.Combine(folder, "empty"));

        LlamaUnavailableException error =
            Assert.Throws<LlamaUnavailableException>(() => LlamaFolder.Find(Path.Combine(folder, name), folder));

        Assert.Contains("SLUICE_LLAMA", error.Message, StringComparison.Ordinal);
        Assert.Contains(". Name the folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_library_at_all_gets_the_next_step()
    {
        string lonely = Directory.CreateDirectory(Path.Combine(folder, "lonely")).FullName;

        // Above the temporary folder there is none either.
        LlamaUnavailableException error = Assert.Throws<LlamaUnavailableException>(() => LlamaFolder.Find(null, lonely));

        Assert.Contains("Build with Node.js", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_common_library_and_the_add_on_are_not_taken_for_it()
    {
        string named = Library("elsewhere", "libllama-common.so", "llama-addon.node", "libllama.cuda.v0.5.0.so");

        Assert.Equal("libllama.cuda.v0.5.0.so", Path.GetFileName(LlamaFolder.FileOf(named, "llama")));
    }

    [Theory]
    [InlineData("/x/libllama.so: version `GLIBC_2.38' not found", "glibc 2.34")]
    [InlineData("/x/libllama.so: invalid ELF header", "not for this system")]
    [InlineData("libstdc++.so.6: cannot open shared object file", "Install what it lacks")]
    public void What_the_loader_says_is_put_into_a_sentence(string message, string expected) =>
        Assert.Contains(expected, LlamaLibrary.Explain("/x", message), StringComparison.Ordinal);

    private string Library(string relative, params string[] files)
    {
        string made = Directory.CreateDirectory(Path.Combine(folder, relative)).FullName;
        foreach (string file in files.DefaultIfEmpty("libllama.v0.5.0.so"))
        {
            File.WriteAllText(Path.Combine(made, file), "");
        }

        return made;
    }
}
