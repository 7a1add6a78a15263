namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>Looks at a model file before the library does: what would end the process there gets a sentence here.</summary>
internal static class GgufCheck
{
    /// <summary>Numbers that share a scale, and bytes of such a block, by <c>ggml_type</c>; types that are not here are left to the library.</summary>
    private static readonly Dictionary<uint, (int Numbers, int Bytes)> Blocks = new()
    {
        [0] = (1, 4),
        [1] = (1, 2),
        [2] = (32, 18),
        [3] = (32, 20),
        [6] = (32, 22),
        [7] = (32, 24),
        [8] = (32, 34),
        [10] = (256, 84),
        [11] = (256, 110),
        [12] = (256, 144),
        [13] = (256, 176),
        [14] = (256, 210),
        [30] = (1, 2),
    };

    /// <summary>Throws unless a file can be given to the library.</summary>
    /// <exception cref="ModelUnusableException">It is missing, may not be read, or is damaged.</exception>
    public static void Require(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            Require(GgufHead.Read(stream));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelUnusableException($"There is no model file `{path}`. Name a GGUF file that exists");
        }
        catch (UnauthorizedAccessException)
        {
            string why = Directory.Exists(path) ? "is a folder" : "may not be read";
            throw new ModelUnusableException($"`{path}` {why}. Name a GGUF file that can be read");
        }
        catch (InvalidDataException error)
        {
            throw new ModelUnusableException($"`{path}` cannot be used: {error.Message}. Download or make it again, or name another file");
        }
        catch (IOException error)
        {
            throw new ModelUnusableException($"`{path}` cannot be read: {error.Message}. Name a GGUF file that can be read");
        }
    }

    /// <exception cref="InvalidDataException">What is wrong, as the end of a sentence.</exception>
    private static void Require(GgufHead head)
    {
        string architecture = head.Text("general.architecture")
            ?? throw new InvalidDataException("it does not say its architecture (`general.architecture`)");
        RequireTensors(head);
        RequireVocabulary(head);
        RequireExtents(head, architecture);
    }

    private static void RequireTensors(GgufHead head)
    {
        foreach (GgufTensor tensor in head.Tensors)
        {
            if (!Blocks.TryGetValue(tensor.Type, out (int Numbers, int Bytes) block))
            {
                continue;
            }

            UInt128 end = (UInt128)(ulong)head.DataStart + tensor.Offset + ((UInt128)(ulong)(tensor.Numbers / block.Numbers) * (uint)block.Bytes);
            if (end > (ulong)head.FileBytes)
            {
                throw new InvalidDataException(
                    $"it was cut short: the tensor `{tensor.Name}` ends at byte {end}, and the file at {head.FileBytes}");
            }
        }
    }

    /// <summary>The library reads these lists side by side and trusts their lengths.</summary>
    private static void RequireVocabulary(GgufHead head)
    {
        if (head.List(GgufHead.Tokens) is not { } tokens)
        {
            if (head.Has(GgufHead.Tokens))
            {
                throw new InvalidDataException($"its `{GgufHead.Tokens}` is no list");
            }

            return;
        }

        RequireList(head, GgufHead.Tokens, GgufType.Text, null);
        RequireList(head, "tokenizer.ggml.merges", GgufType.Text, null);
        RequireList(head, "tokenizer.ggml.scores", GgufType.Float32, tokens.Count);
        RequireList(head, "tokenizer.ggml.token_type", GgufType.Int32, tokens.Count);
    }

    private static void RequireList(GgufHead head, string key, GgufType element, int? count)
    {
        if (!head.Has(key))
        {
            return;
        }

        if (head.List(key) is not { } list || list.Element != element)
        {
            throw new InvalidDataException($"its `{key}` is no list of {element}");
        }

        if (count is { } expected && list.Count != expected)
        {
            throw new InvalidDataException($"its `{key}` has {list.Count} values for {expected} tokens");
        }
    }

    /// <summary>The library divides by some of these.</summary>
    private static void RequireExtents(GgufHead head, string architecture)
    {
        (string Name, long Least, long Most)[] extents =
        [
            ("block_count", 1, 4096),
            ("context_length", 1, 1L << 31),
            ("embedding_length", 1, 1 << 20),
            ("attention.head_count", 1, 1 << 16),
            ("attention.head_count_kv", 0, 1 << 16),
        ];
        foreach ((string name, long least, long most) in extents)
        {
            string key = $"{architecture}.{name}";
            if (head.Whole(key) is { } value && (value < least || value > most))
            {
                throw new InvalidDataException($"its `{key}` is {value}, and it can be {least} to {most}");
            }
        }
    }
}
