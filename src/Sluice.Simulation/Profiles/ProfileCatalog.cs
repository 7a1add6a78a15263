using System.Reflection;
using Sluice.Core;

namespace Sluice.Simulation.Profiles;

/// <summary>The profiles that come with the program, and those in files.</summary>
public static class ProfileCatalog
{
    /// <summary>The one taken when none is named.</summary>
    public const string Default = "llama3-8b-h100";

    /// <summary>The built-in ones.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "llama3-8b-a100", "llama3-8b-h100", "llama3-8b-h200", "llama3-70b-h100-tp4",
        "llama3.1-8b-rtx4090", "llama3.1-8b-rtxpro6000", "llama3.1-8b-rtxpro6000-tp2",
        "qwen3-32b-rtxpro6000", "qwen3-32b-rtxpro6000-tp2", "qwen3-30b-a3b-rtxpro6000",
    ];

    /// <summary>A built-in profile by its name, or one from a file by its path.</summary>
    /// <exception cref="UnknownNameException">It is neither.</exception>
    /// <exception cref="FormatException">The file is not a profile.</exception>
    public static Profile Load(string nameOrFile)
    {
        ArgumentNullException.ThrowIfNull(nameOrFile);
        if (Names.Contains(nameOrFile))
        {
            return ProfileFile.Read(Text(nameOrFile), nameOrFile);
        }

        return File.Exists(nameOrFile)
            ? ProfileFile.Read(File.ReadAllText(nameOrFile), nameOrFile)
            : throw new UnknownNameException("profile", nameOrFile, Names);
    }

    /// <summary>The JSON of a built-in profile.</summary>
    public static string Text(string name)
    {
        string resource = $"Sluice.Simulation.Profiles.BuiltIn.{name}.json";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new UnknownNameException("profile", name, Names);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A profile as the JSON of a profile file.</summary>
    public static string Write(Profile profile) => ProfileFile.Write(profile);

    /// <summary>Writes a profile file.</summary>
    public static void Save(Profile profile, string path) => File.WriteAllText(path, Write(profile));
}
