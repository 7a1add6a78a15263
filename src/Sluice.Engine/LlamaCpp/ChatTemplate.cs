using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How a model wants conversations to be written.</summary>
/// <remarks>
/// <para>
/// The library renders the conversation with a mark in place of each message's text; the texts are put in afterwards. Control tokens are
/// looked for in what the template wrote and never in what a client wrote, so that nobody can end a turn or speak for another role.
/// </para>
/// <para>
/// A model without a template, or with one the library does not know, gets ChatML where its vocabulary has <c>&lt;|im_start|&gt;</c>
/// and <c>&lt;|im_end|&gt;</c>, else plain lines: <c>user: …</c>.
/// </para>
/// </remarks>
public sealed unsafe class ChatTemplate
{
    /// <summary>The library's own name for the template with <c>&lt;|im_start|&gt;</c>.</summary>
    private const string ChatMl = "chatml";

    /// <summary>The marks: U+E000 and U+E001 (private use) around the number of the message.</summary>
    private const char Open = '\uE000';
    private const char Close = '\uE001';

    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    private readonly LlamaVocabulary vocabulary;
    private readonly string? template;
    private readonly SearchValues<string> controlNames;
    private readonly Dictionary<string, int> controls;
    private readonly bool trims;

    /// <summary>A template as it stands in a file, or the library's name for one of its own; null for plain lines.</summary>
    internal ChatTemplate(LlamaVocabulary vocabulary, string? template)
    {
        this.vocabulary = vocabulary;
        this.template = template;
        controls = [];
        foreach (ControlToken control in vocabulary.Controls)
        {
            controls.TryAdd(control.Name, control.Id);
        }

        controlNames = SearchValues.Create([.. controls.Keys], StringComparison.Ordinal);
        trims = template is not null && Render([new ChatMessage("user", $" {Open} ")]) is { } probe && !probe.Contains($" {Open} ", StringComparison.Ordinal);
    }

    /// <summary>The template, or the library's name for it; null where conversations become plain lines.</summary>
    public string? Text => template;

    internal static ChatTemplate Of(LlamaModel model)
    {
        string? own = Marshal.PtrToStringUTF8((nint)LlamaNative.llama_model_chat_template(model.Handle, null));
        ChatMessage[] probe = [new("user", "?")];
        if (own is not null && new ChatTemplate(model.Vocabulary, own).Render(probe) is not null)
        {
            return new ChatTemplate(model.Vocabulary, own);
        }

        bool hasChatMl = model.Vocabulary.Controls.Any(control => control.Name == "<|im_start|>")
            && model.Vocabulary.Controls.Any(control => control.Name == "<|im_end|>");
        return new ChatTemplate(model.Vocabulary, hasChatMl ? ChatMl : null);
    }

    /// <summary>A conversation as token ids, up to where the assistant begins to speak.</summary>
    /// <exception cref="GenerationRefusedException">There is no message, a role is unknown, or the template cannot hold them.</exception>
    public int[] Apply(IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0)
        {
            throw new GenerationRefusedException(Refusal.Invalid, "messages", "`messages` is empty. Give at least one message.");
        }

        ChatMessage[] marked = new ChatMessage[messages.Count];
        for (int i = 0; i < marked.Length; i++)
        {
            string role = messages[i].Role;
            if (!Roles.Contains(role, StringComparer.Ordinal))
            {
                throw new GenerationRefusedException(
                    Refusal.Invalid, $"messages[{i}].role", $"`messages[{i}].role` is `{role}`. Give one of {string.Join(", ", Roles)}.");
            }

            marked[i] = new ChatMessage(role == "developer" ? "system" : role, $"{Open}{i}{Close}");
        }

        string skeleton = Render(marked)
            ?? throw new GenerationRefusedException(
                Refusal.Invalid, "messages", "The model's chat template cannot hold these messages. Send fewer roles, or use /v1/completions.");
        return Tokens(skeleton, messages);
    }

    /// <summary>Runs of text, joined across marks, are tokenized whole; control tokens of the skeleton stand between them.</summary>
    private int[] Tokens(string skeleton, IReadOnlyList<ChatMessage> messages)
    {
        List<int> tokens = [];
        if (vocabulary.Begin is { } begin)
        {
            tokens.Add(begin);
        }

        StringBuilder run = new();
        ReadOnlySpan<char> rest = skeleton;
        while (!rest.IsEmpty)
        {
            int mark = rest.IndexOf(Open);
            ReadOnlySpan<char> plain = mark < 0 ? rest : rest[..mark];
            Skeleton(plain, run, tokens);
            if (mark < 0)
            {
                break;
            }

            int close = rest.IndexOf(Close);
            string content = messages[int.Parse(rest[(mark + 1)..close], provider: null)].Content;
            run.Append(trims ? content.AsSpan().Trim() : content);
            rest = rest[(close + 1)..];
        }

        Flush(run, tokens);
        return [.. tokens];
    }

    private void Skeleton(ReadOnlySpan<char> text, StringBuilder run, List<int> tokens)
    {
        while (true)
        {
            int at = text.IndexOfAny(controlNames);
            if (at < 0)
            {
                run.Append(text);
                return;
            }

            run.Append(text[..at]);
            Flush(run, tokens);
            string name = LongestAt(text[at..]);
            int token = controls[name];
            if (tokens.Count != 1 || token != vocabulary.Begin)
            {
                tokens.Add(token);
            }

            text = text[(at + name.Length)..];
        }
    }

    private string LongestAt(ReadOnlySpan<char> text)
    {
        string longest = "";
        foreach (string name in controls.Keys)
        {
            if (name.Length > longest.Length && text.StartsWith(name, StringComparison.Ordinal))
            {
                longest = name;
            }
        }

        return longest;
    }

    private void Flush(StringBuilder run, List<int> tokens)
    {
        if (run.Length > 0)
        {
            tokens.AddRange(vocabulary.Tokenize(run.ToString(), addSpecial: false, parseSpecial: false));
            run.Clear();
        }
    }

    /// <summary>The conversation as text; null where the library does not know the template.</summary>
    private string? Render(ReadOnlySpan<ChatMessage> messages)
    {
        if (template is null)
        {
            StringBuilder lines = new();
            foreach (ChatMessage message in messages)
            {
                lines.Append(message.Role).Append(": ").Append(message.Content).Append('\n');
            }

            return lines.Append("assistant:").ToString();
        }

        using Utf8Texts texts = new();
        llama_chat_message[] chat = new llama_chat_message[messages.Length];
        for (int i = 0; i < chat.Length; i++)
        {
            chat[i] = new llama_chat_message { role = texts.Add(messages[i].Role), content = texts.Add(messages[i].Content) };
        }

        byte* name = texts.Add(template);
        byte[] text = new byte[1024 + (messages.Length * 128)];
        fixed (llama_chat_message* first = chat)
        {
            while (true)
            {
                int length;
                fixed (byte* start = text)
                {
                    length = LlamaNative.llama_chat_apply_template(name, first, (nuint)chat.Length, 1, start, text.Length);
                }

                if (length <= text.Length)
                {
                    return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length);
                }

                text = new byte[length];
            }
        }
    }

    /// <summary>Texts lent to the library: UTF-8, ended by 0.</summary>
    private sealed class Utf8Texts : IDisposable
    {
        private readonly List<nint> lent = [];

        public byte* Add(string text)
        {
            nint copy = Marshal.StringToCoTaskMemUTF8(text);
            lent.Add(copy);
            return (byte*)copy;
        }

        public void Dispose()
        {
            foreach (nint copy in lent)
            {
                Marshal.FreeCoTaskMem(copy);
            }
        }
    }
}
