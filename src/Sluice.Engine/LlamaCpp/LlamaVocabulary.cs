using System.Buffers;
using System.Collections;
using System.Text;

namespace Sluice.Engine.LlamaCpp;

/// <summary>The tokens of a model. Any thread; pieces and ends are looked up without a call into the library.</summary>
public sealed unsafe class LlamaVocabulary
{
    /// <summary>Attributes of a token that is never text: unknown or control.</summary>
    private const int NeverText = 1 | 8;

    /// <summary>The library's number for vocabularies of byte pairs.</summary>
    private const int BytePairs = 2;

    private readonly LlamaModelHandle model;
    private readonly nint vocabulary;
    private readonly byte[] pieces;
    private readonly int[] starts;
    private readonly BitArray ends;
    private readonly bool needsPieces;

    internal LlamaVocabulary(LlamaModelHandle model)
    {
        this.model = model;
        vocabulary = LlamaNative.llama_model_get_vocab(model);
        Count = LlamaNative.llama_vocab_n_tokens(vocabulary);
        needsPieces = LlamaNative.llama_vocab_type(vocabulary) == BytePairs;
        int begin = LlamaNative.llama_vocab_bos(vocabulary);
        Begin = begin >= 0 && LlamaNative.llama_vocab_get_add_bos(vocabulary) != 0 ? begin : null;
        ends = new BitArray(Count);
        starts = new int[Count + 1];
        ArrayBufferWriter<byte> text = new(Count * 8);
        List<ControlToken> controls = [];
        for (int token = 0; token < Count; token++)
        {
            ends[token] = LlamaNative.llama_vocab_is_eog(vocabulary, token) != 0;
            WritePiece(token, text);
            starts[token + 1] = text.WrittenCount;
            int attributes = LlamaNative.llama_vocab_get_attr(vocabulary, token);
            if ((attributes & NeverText) != 0 && LlamaLibrary.Text(LlamaNative.llama_vocab_get_text(vocabulary, token)) is { Length: > 0 } name)
            {
                controls.Add(new ControlToken(token, name));
            }
        }

        pieces = text.WrittenSpan.ToArray();
        Controls = controls;
        Ends = [.. Enumerable.Range(0, Count).Where(token => ends[token])];
    }

    /// <summary>Ids are 0 to this − 1.</summary>
    public int Count { get; }

    /// <summary>The token that opens every prompt; null where the model wants none.</summary>
    public int? Begin { get; }

    /// <summary>The tokens that end an answer, in order.</summary>
    public IReadOnlyList<int> Ends { get; }

    /// <summary>The tokens that are never text, with the names that stand for them in templates.</summary>
    internal IReadOnlyList<ControlToken> Controls { get; }

    /// <summary>The library's pointer, for grammars.</summary>
    internal nint Pointer => vocabulary;

    /// <summary>Whether the model ends its answer with this token.</summary>
    public bool IsEnd(int token) => ends[token];

    /// <summary>The bytes of a token's text, UTF-8 possibly cut anywhere; empty for control tokens.</summary>
    public ReadOnlySpan<byte> Piece(int token) => pieces.AsSpan(starts[token], starts[token + 1] - starts[token]);

    /// <summary>Splits text into token ids.</summary>
    /// <param name="text">Any text; halves of surrogate pairs become U+FFFD.</param>
    /// <param name="addSpecial">Whether to add what the model wants at the beginning (BOS).</param>
    /// <param name="parseSpecial">Whether control tokens written in the text count as such; never for what a client wrote.</param>
    public int[] Tokenize(ReadOnlySpan<char> text, bool addSpecial, bool parseSpecial)
    {
        ObjectDisposedException.ThrowIf(model.IsClosed, typeof(LlamaModel));
        if (!needsPieces || text.Length <= TextPieces.Longest)
        {
            return Whole(text, addSpecial, parseSpecial);
        }

        int[] special = addSpecial ? Whole([], addSpecial: true, parseSpecial: false) : [];
        int opening = Begin is null ? 0 : Math.Min(special.Length, 1);
        List<int> tokens = [.. special.AsSpan(0, opening)];
        while (!text.IsEmpty)
        {
            int length = TextPieces.First(text);
            tokens.AddRange(Whole(text[..length], addSpecial: false, parseSpecial));
            text = text[length..];
        }

        tokens.AddRange(special.AsSpan(opening));
        return [.. tokens];
    }

    private int[] Whole(ReadOnlySpan<char> text, bool addSpecial, bool parseSpecial)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, Encoding.UTF8.GetMaxByteCount(text.Length)));
        int length = Encoding.UTF8.GetBytes(text, bytes);
        int most = length + 8;
        int[] tokens = ArrayPool<int>.Shared.Rent(most);
        try
        {
            int count = Native(bytes, length, tokens, addSpecial, parseSpecial);
            if (count < 0)
            {
                ArrayPool<int>.Shared.Return(tokens);
                tokens = ArrayPool<int>.Shared.Rent(-count);
                count = Native(bytes, length, tokens, addSpecial, parseSpecial);
            }

            return tokens.AsSpan(0, count).ToArray();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(tokens);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private int Native(byte[] bytes, int length, int[] tokens, bool addSpecial, bool parseSpecial)
    {
        fixed (byte* text = bytes)
        fixed (int* ids = tokens)
        {
            return LlamaNative.llama_tokenize(
                vocabulary, text, length, ids, tokens.Length, addSpecial ? (byte)1 : (byte)0, parseSpecial ? (byte)1 : (byte)0);
        }
    }

    private void WritePiece(int token, ArrayBufferWriter<byte> text)
    {
        int size = 64;
        while (true)
        {
            int written;
            fixed (byte* start = text.GetSpan(size))
            {
                written = LlamaNative.llama_token_to_piece(vocabulary, token, start, size, leftStrip: 0, special: 0);
            }

            if (written >= 0)
            {
                text.Advance(written);
                return;
            }

            size = -written;
        }
    }
}

/// <summary>A token that is never text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What stands for it in templates, as <c>&lt;|im_end|&gt;</c>.</param>
internal readonly record struct ControlToken(int Id, string Name);
