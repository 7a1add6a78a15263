using Sluice.Core.Lengths.Online;
using Sluice.Engine;
using Sluice.Gateway.Admission;
using Sluice.Gateway.Lengths;

namespace Sluice.Gateway.Measures;

/// <summary>The page at <c>/metrics</c>: requests by class, engines by instance, answer lengths by model.</summary>
internal static class MetricsPage
{
    /// <summary>The media type of the text format.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Everything as it stands now.</summary>
    public static string Render(GatewayMetrics metrics, Dispatcher dispatcher, LengthDesk? lengths)
    {
        PrometheusText page = new();
        (string Labels, ClassMetrics Its)[] classes =
            [.. metrics.All.Select(known => (PrometheusText.Label("class", known.Name), known.Metrics))];
        IEnumerable<(string, double)> PerClass(Func<ClassMetrics, Counter> of) =>
            classes.Select(known => (known.Labels, (double)of(known.Its).Value));
        IEnumerable<(string, Histogram)> Times(Func<ClassMetrics, Histogram> of) =>
            classes.Select(known => (known.Labels, of(known.Its)));

        page.Histogram("sluice_time_to_first_token_seconds", "Arrival to first token.", Times(its => its.FirstToken));
        page.Histogram("sluice_inter_token_seconds", "Between two tokens of an answer.", Times(its => its.NextToken));
        page.Histogram("sluice_queue_seconds", "Arrival to the first step that held any of the request.", Times(its => its.Queue));
        page.Histogram("sluice_request_seconds", "Arrival to the end of a completed answer.", Times(its => its.EndToEnd));
        page.Counter("sluice_requests_received_total", "Requests that were well-formed.", PerClass(its => its.Requests));
        page.Counter(
            "sluice_requests_ended_total",
            "Requests that ended, by how.",
            classes.SelectMany(known => Enum.GetValues<Outcome>().Select(outcome => (
                $"{known.Labels},{PrometheusText.Label("outcome", outcome.ToString().ToLowerInvariant())}",
                (double)known.Its.Ends(outcome).Value))));
        page.Counter("sluice_requests_rejected_total", "Requests that were not well-formed.", [("", metrics.Rejected.Value)]);
        page.Counter("sluice_prompt_tokens_total", "Tokens of prompts that were taken.", PerClass(its => its.PromptTokens));
        page.Counter("sluice_answer_tokens_total", "Tokens of answers.", PerClass(its => its.AnswerTokens));
        page.Gauge("sluice_requests_held", "Requests that wait for an instance with room.", [("", dispatcher.Held)]);
        page.Gauge("sluice_requests_outstanding", "Requests that an instance works on.", [("", dispatcher.Outstanding)]);
        Engines(page, dispatcher.Instances);
        if (lengths is not null)
        {
            Lengths(page, PrometheusText.Label("model", lengths.Model), lengths.Figures);
        }

        return page.ToString();
    }

    private static void Lengths(PrometheusText page, string model, LengthFigures figures)
    {
        IEnumerable<(string, double)> Known(double? value, string labels = "") => value is { } its ? [($"{model}{labels}", its)] : [];

        page.Gauge(
            "sluice_length_tau",
            "Kendall's tau-b of predicted and true answer lengths, last 1000 whole answers that were predicted; absent before two of them.",
            Known(figures.Tau));
        page.Gauge(
            "sluice_length_within_quantile",
            "Share of those answers that were at most as long as predicted with this probability.",
            Known(figures.WithinP90, $",{PrometheusText.Label("quantile", "0.9")}"));
        page.Gauge("sluice_length_samples", "Answers kept to learn from.", Known(figures.Samples));
        page.Counter(
            "sluice_length_retrains_total",
            "Trainings, by whether the new model took the place of the old one.",
            [
                ($"{model},{PrometheusText.Label("result", "taken")}", figures.Retrains),
                ($"{model},{PrometheusText.Label("result", "refused")}", figures.RefusedRetrains),
            ]);
    }

    private static void Engines(PrometheusText page, IReadOnlyList<Instance> instances)
    {
        (string Labels, EngineState State)[] states =
            [.. instances.Select(instance => (PrometheusText.Label("instance", instance.Name), instance.Engine.State))];
        IEnumerable<(string, double)> Each(Func<EngineState, double> of) => states.Select(known => (known.Labels, of(known.State)));

        page.Gauge("sluice_engine_sequences_waiting", "Sequences without KV.", Each(state => state.Waiting));
        page.Gauge("sluice_engine_sequences_running", "Sequences with KV.", Each(state => state.Running));
        page.Gauge("sluice_engine_sequences_paused", "Sequences whose reader is behind.", Each(state => state.Paused));
        page.Gauge("sluice_engine_kv_blocks", "KV blocks on the device.", Each(state => state.DeviceBlocks));
        page.Gauge("sluice_engine_kv_blocks_free", "KV blocks on the device that nobody refers to.", Each(state => state.FreeBlocks));
        page.Gauge("sluice_engine_host_blocks", "KV blocks on the host.", Each(state => state.HostBlocks));
        page.Gauge("sluice_engine_host_blocks_free", "KV blocks on the host that nobody refers to.", Each(state => state.FreeHostBlocks));
        page.Counter("sluice_engine_steps_total", "Steps run.", Each(state => state.Steps));
        page.Gauge(
            "sluice_engine_step_mape",
            "Mean absolute percentage error of predicted step times, 0 to 1; absent before the first step.",
            states.Where(known => known.State.StepMape is not null).Select(known => (known.Labels, known.State.StepMape!.Value)));
        page.Gauge("sluice_engine_decision_seconds", "Planning of the last step.", Each(state => state.DecisionMicros * 1e-6));
        page.Counter("sluice_engine_prompt_tokens_total", "Prompt tokens computed.", Each(state => state.PromptTokens));
        page.Counter("sluice_engine_cached_tokens_total", "Prompt tokens found by name.", Each(state => state.CachedTokens));
        page.Counter("sluice_engine_answer_tokens_total", "Tokens that came out.", Each(state => state.AnswerTokens));
        page.Counter("sluice_engine_preemptions_total", "Times a sequence lost its KV.", Each(state => state.Preemptions));
        page.Counter("sluice_engine_recomputed_tokens_total", "Tokens computed again.", Each(state => state.RecomputedTokens));
        page.Counter("sluice_engine_offloaded_blocks_total", "KV blocks copied to the host.", Each(state => state.OffloadedBlocks));
        page.Counter("sluice_engine_reloaded_blocks_total", "KV blocks copied back.", Each(state => state.ReloadedBlocks));
    }
}
