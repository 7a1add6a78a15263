using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Lengths.Training;

namespace Sluice.Gateway.Lengths;

/// <summary>Says of each request how long its answer will be, and learns from each that ends.</summary>
/// <remarks>
/// A request is scored on its own thread before it is sent anywhere. The encoder reads 20,480 characters at most, which keeps to the budget of
/// 1 ms: nobody waits for another thread, and the engine's has no part in it. Models are trained on a thread of their own, one at a time and at
/// a quarter of one core. Whatever fails here costs an estimate, never a request.
/// </remarks>
internal sealed class LengthDesk
{
    private readonly Lock gate = new();
    private readonly LengthLearner learner;
    private readonly LengthStore? store;
    private readonly Action<string>? log;

    /// <summary>A desk for one model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="options">How it learns, and from what it starts.</param>
    /// <param name="log">Told of what fails, one line each; null for nobody.</param>
    public LengthDesk(string model, LengthOptions options, Action<string>? log)
    {
        LengthTraining training = options.Learning.Training with { Rest = new PartOfACore().Rest };
        learner = new LengthLearner(model, options.Learning with { Training = training }, options.Store?.Models ?? []);
        store = options.Store;
        this.log = log;
    }

    /// <summary>The model whose answers it knows.</summary>
    public string Model => learner.Model;

    /// <summary>How it stands.</summary>
    public LengthFigures Figures
    {
        get
        {
            lock (gate)
            {
                return learner.Figures;
            }
        }
    }

    /// <summary>What is expected of the answer to a prompt; null after a defect.</summary>
    /// <param name="text">The prompt.</param>
    /// <param name="promptTokens">Its tokens.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="maxAnswerTokens">The client's limit; null without one.</param>
    public ExpectedAnswer? Expect(Func<string> text, int promptTokens, int tenant, int? maxAnswerTokens) => Try(() =>
    {
        EncodedPrompt prompt = EncodedPrompt.Of(new PromptFacts(text())
        {
            PromptTokens = promptTokens,
            MaxAnswerTokens = maxAnswerTokens,
            Tenant = tenant,
            Model = Model,
        });
        lock (gate)
        {
            return learner.Expect(prompt, tenant, maxAnswerTokens);
        }
    });

    /// <summary>An answer has ended.</summary>
    /// <param name="expected">What was expected of it.</param>
    /// <param name="tokens">Its tokens, or their mean over several answers; without any there is nothing to learn.</param>
    /// <param name="isCut">Something else than the model ended it.</param>
    public void Learn(ExpectedAnswer expected, double tokens, bool isCut)
    {
        if (tokens <= 0)
        {
            return;
        }

        LengthLesson? lesson = Try(() =>
        {
            lock (gate)
            {
                learner.Learn(expected, tokens, isCut);
                return learner.NextLesson();
            }
        });
        if (lesson is not null)
        {
            new Thread(() => Teach(lesson))
            {
                IsBackground = true,
                Priority = ThreadPriority.Lowest,
                Name = $"answer lengths of {Model}",
            }.Start();
        }
    }

    private void Teach(LengthLesson lesson)
    {
        LessonResult result = Try(lesson.Run) ?? new LessonResult(null, null, null, null);
        if (result.Model is { } model && store is not null)
        {
            Try(() =>
            {
                store.Save(model);
                return store;
            });
        }

        lock (gate)
        {
            learner.Finish(result);
        }
    }

    private T? Try<T>(Func<T?> act)
        where T : class
    {
        try
        {
            return act();
        }
#pragma warning disable CA1031 // Lengths are a help: whatever is wrong with them, requests are served without.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            log?.Invoke($"answer lengths of {Model}: {defect.Message}");
            return null;
        }
    }
}
