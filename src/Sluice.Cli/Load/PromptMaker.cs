using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Requests;

namespace Sluice.Cli.Load;

/// <summary>Makes prompts of a given number of tokens: readable filler, as token ids where the server takes them, else as words.</summary>
/// <remarks>
/// Prompts that share blocks in the trace share their beginnings here; all others differ from their first token on, so that no cache
/// helps where it would not have helped.
/// </remarks>
internal sealed class PromptMaker
{
    private const int ProbeTokens = 64;
    private const int DistinctTokens = 8;
    private const int CalibrationWords = 400;

    private static readonly string[] Words =
        ("the river was quiet in the morning and a small boat went down with the stream past fields of barley where two children " +
        "waved from the gate their dog ran along the bank for a while then it lay down under an old willow to watch the water turn " +
        "slowly around stones nobody spoke much because everything worth saying had been said before breakfast later rain came over " +
        "hills and they put up green canvas made tea counted bridges on their map argued gently about which town would be next")
        .Split(' ');

    private readonly int[]? tokens;
    private readonly double tokensPerWord;
    private readonly int extraTokens;
    private readonly ulong seed;

    private PromptMaker(int[]? tokens, double tokensPerWord, int extraTokens, int seed)
    {
        this.tokens = tokens;
        this.tokensPerWord = tokensPerWord;
        this.extraTokens = extraTokens;
        this.seed = (ulong)seed;
    }

    /// <summary>Whether prompts are token ids, and so exactly as long as planned.</summary>
    public bool IsExact => tokens is not null;

    /// <summary>Finds out what the server takes, by at most three short requests.</summary>
    public static async Task<PromptMaker> ForAsync(Target target, int seed, CancellationToken cancel)
    {
        string text = string.Join(' ', Words);
        if (await target.TokenizeAsync(text, cancel) is { } tokens)
        {
            JsonArray probe = [.. Enumerable.Range(0, ProbeTokens).Select(i => (JsonNode)tokens[i % tokens.Length])];
            if (await target.CountAsync(probe, cancel) is ProbeTokens)
            {
                return new PromptMaker(tokens, 1, 0, seed);
            }
        }

        string few = Text(seed: 1, CalibrationWords / 4);
        string many = Text(seed: 1, CalibrationWords);
        if (await target.CountAsync(few, cancel) is { } least && await target.CountAsync(many, cancel) is { } most && most > least)
        {
            double perWord = (most - least) / (CalibrationWords * 0.75);
            return new PromptMaker(null, perWord, (int)Math.Round(most - (CalibrationWords * perWord)), seed);
        }

        throw new Misuse(
            "the server does not say how many tokens a prompt has", "load a server whose /v1/completions replies carry `usage`");
    }

    /// <summary>The prompt of a request, to be put in <c>prompt</c>.</summary>
    public JsonNode Make(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (tokens is null)
        {
            int words = (int)Math.Max(1, Math.Round((request.PromptTokens - extraTokens) / tokensPerWord));
            return Text(Mix(seed, (ulong)request.Id), words);
        }

        int[] prompt = new int[request.PromptTokens];
        int at = Shared(request.Blocks, prompt);
        Fill(prompt.AsSpan(at), Mix(seed, (ulong)request.Id));
        return new JsonArray([.. prompt.Select(token => (JsonNode)token)]);
    }

    /// <summary>Fills in what the blocks' names say, the same for the same names; returns how many tokens that were.</summary>
    private int Shared(PromptBlocks blocks, int[] prompt)
    {
        int at = 0;
        foreach (ulong name in blocks.Names.Span)
        {
            int length = Math.Min(blocks.TokensPerName, prompt.Length - at);
            Fill(prompt.AsSpan(at, length), Mix(seed, name));
            at += length;
        }

        return at;
    }

    /// <summary>A few tokens that differ from those of every other draw, then the filler from some place on.</summary>
    private void Fill(Span<int> part, ulong draw)
    {
        for (int i = 0; i < part.Length; i++)
        {
            ulong place = i < DistinctTokens ? Mix(draw, (ulong)i) : draw + (ulong)i;
            part[i] = tokens![place % (ulong)tokens.Length];
        }
    }

    private static string Text(ulong seed, int words)
    {
        StringBuilder text = new();
        for (int i = 0; i < words; i++)
        {
            ulong place = i < DistinctTokens ? Mix(seed, (ulong)i) : seed + (ulong)i;
            text.Append(i > 0 ? " " : "").Append(Words[place % (ulong)Words.Length]);
        }

        return text.ToString();
    }

    /// <summary>SplitMix64 of two numbers: spreads them over 64 bits.</summary>
    private static ulong Mix(ulong a, ulong b)
    {
        ulong x = a + ((b + 1) * 0x9E3779B97F4A7C15UL);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
