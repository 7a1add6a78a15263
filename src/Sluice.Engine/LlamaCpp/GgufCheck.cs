namespace Sluice.Engine.LlamaCpp;

internal static class GgufCheck
{
    public static void Require(string path)
    {
        if (!File.Exists(path))
        {
            throw new ModelUnusableException($"There is no model file `{path}`. Name a GGUF file that exists");
        }
    }
}
