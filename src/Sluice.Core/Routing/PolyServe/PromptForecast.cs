using Sluice.Core.Batching;

namespace Sluice.Core.Routing;

/// <summary>When a prompt would be computed if it joined the end of an instance's line.</summary>
/// <remarks>Rolls the instance forward step by step (polyserve.md c): answers take their part of each, prompts the rest in order.</remarks>
/// <param name="FirstToken">Time to the end of the step that brings the first token, ms, after the step that is under way.</param>
/// <param name="LastStep">The length of that step, ms.</param>
internal readonly record struct PromptForecast(double FirstToken, double LastStep)
{
    /// <summary>The forecast; null when it takes longer than that or a step has no room for any prompt.</summary>
    /// <param name="server">The instance; null for one of this kind that is empty.</param>
    /// <param name="ledger">The instance's kind.</param>
    /// <param name="prompt">Tokens of the newcomer's prompt.</param>
    /// <param name="budget">How long a step may be, ms.</param>
    /// <param name="chunk">Most tokens of a step, where that is what limits it.</param>
    /// <param name="longest">When it is too late, ms.</param>
    public static PromptForecast? Of(ServerView? server, Ledger ledger, int prompt, double budget, int? chunk, double longest)
    {
        var latency = ledger.Latency;
        var line = server is null ? [] : server.Prompts;
        int decodes = server?.Started ?? 0;
        double context = server?.Context ?? 0;
        int place = 0;
        int done = line.Length > 0 ? line[0].Done : 0;
        int left = line.Length > 0 ? line[0].Tokens - done : prompt;
        int ended = 0;
        budget *= DynamicChunking.UsualShare;
        double time = 0;
        for (int n = 1; time < longest; n++)
        {
            double step = latency.Constant + (decodes == 0 ? 0 : decodes * latency.Decode((int)Math.Min(context / decodes, int.MaxValue)));
            int room = chunk is { } most ? most - decodes : int.MaxValue;
            int taken = 0;
            int finished = 0;
            double finishedTokens = 0;
            while (true)
            {
                int tokens = Math.Min(left, room - taken);
                tokens = chunk is null && tokens > 0 ? latency.LargestPrefill(done, tokens, budget - step) : tokens;
                if (tokens < 1)
                {
                    break;
                }

                step += latency.Prefill(tokens, done);
                taken += tokens;
                done += tokens;
                left -= tokens;
                if (left > 0)
                {
                    break;
                }

                if (place == line.Length)
                {
                    return new PromptForecast(time + step, step);
                }

                finished++;
                finishedTokens += line[place].Tokens;
                place++;
                done = 0;
                left = place < line.Length ? line[place].Tokens : prompt;
            }

            if (taken == 0)
            {
                return null;
            }

            time += step;
            context += finishedTokens + decodes;
            decodes += finished;
            if (server is not null)
            {
                var (count, gone) = server.EndingWithin(n, ref ended);
                decodes -= count;
                context -= gone + ((double)count * n);
            }
        }

        return null;
    }
}
