// Puts the report on the page.

const report = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const several = (of) => new Set(report.groups.map(of)).size > 1;
const severalBatchings = several((g) => g.batching);
const severalRoutings = several((g) => g.routing);
const severalLengths = several((g) => g.lengths);
const loads = [...new Set(report.groups.map((g) => g.load))].sort((a, b) => a - b);
const seedCount = Math.max(0, ...report.groups.map((g) => g.seeds));
const bounded = report.groups.some((g) => g.ofBound);
const hasApplications = report.groups.some((g) => g.applicationMean);
const hasTenants = report.groups.some((g) => g.serviceGap);
const DASHES = [null, "7 4", "2 4", "10 4 2 4"];

// A policy pair is a series: a colour of sixteen, a dash of four, the same in every plot.
const nameOf = (g) => (severalBatchings || !severalRoutings ? g.batching : "") + (severalRoutings ? (severalBatchings ? " · " : "") + g.routing : "") + (severalLengths ? ` (${g.lengths})` : "");
const policies = [...new Set(report.groups.map(nameOf))].map((name, i) => ({
  name,
  color: `var(--c${i % 16})`,
  dash: DASHES[(Math.floor(i / 4) + Math.floor(i / 16)) % 4],
  groups: report.groups.filter((g) => nameOf(g) === name),
  shown: true,
}));
const shown = () => policies.filter((p) => p.shown);
const cards = [];

function add(place, made) {
  at(place).append(made);
  cards.push(made);
}

function redraw() {
  for (const c of cards) c.redraw();
}

function header() {
  const run = report.runs[0];
  const title = report.trace.split("/").at(-1) || report.trace;
  at("title").textContent = title;
  const facts = [
    ["Command", html("code", {}, report.command)],
    ["Trace", title === report.trace ? "" : report.trace],
    ["Profile", report.profile + (run ? `, ${run.instances} ${run.instances === 1 ? "instance" : "instances"}` : "")],
    ["Classes", report.classes.map((c) => `${c.name}: ${wholePercent(c.share)} of requests, weight ${plain(c.weight)}, TTFT ${milliseconds(c.ttft)}, TPOT ${milliseconds(c.tpot)}${c.e2e ? `, E2E ${milliseconds(c.e2e)}` : ""}`).join(" · ")],
    ["Policies", [...new Set(report.groups.map((g) => g.batching))].join(", ") + " with " + [...new Set(report.groups.map((g) => g.routing))].join(", ")],
    ["Runs", run ? `${report.runs.length} of ${plain(run.interrupted?.of ?? run.requests)} requests each: ${policies.length} × ${loads.length} ${loads.length === 1 ? "load" : "loads"} × ${seedCount} ${seedCount === 1 ? "seed" : "seeds"}` : "none finished"],
  ];
  const stopped = report.runs.filter((r) => r.interrupted);
  if (stopped.length) facts.push(["Interrupted", stopped.map((r) => `seed ${r.seed} after ${plain(r.interrupted.ended)} of ${plain(r.interrupted.of)} requests`).join(", ") + "; those on their way count as unfinished"]);
  for (const [term, value] of facts) {
    if (value) at("facts").append(html("dt", {}, term), html("dd", {}, value));
  }
}

function legend() {
  const buttons = policies.map((policy) => {
    const button = html("button", { type: "button", "aria-pressed": true }, sample(policy), policy.name);
    button.addEventListener("click", () => show([policy], !policy.shown));
    button.addEventListener("pointerenter", () => light(policy));
    button.addEventListener("pointerleave", () => light(null));
    return button;
  });
  function show(some, value) {
    for (const p of some) p.shown = value;
    policies.forEach((p, i) => buttons[i].setAttribute("aria-pressed", p.shown));
    light(null);
    redraw();
  }
  const all = html("button", { type: "button", class: "all" }, "all");
  const none = html("button", { type: "button", class: "all" }, "none");
  all.addEventListener("click", () => show(policies, true));
  none.addEventListener("click", () => show(policies, false));
  at("legend").append(...buttons, ...(policies.length > 2 ? [all, none] : []));
}

/** Dims every series but one; null lights all. */
function light(policy) {
  document.body.toggleAttribute("data-lit", policy !== null && policy.shown);
  for (const series of document.querySelectorAll(".series")) series.classList.toggle("lit", series.dataset.series === policy?.name);
}

function overLoad() {
  const one = loads.length === 1;
  at("load-heading").textContent = one ? `At load ${times(loads[0])}` : "Over load";
  at("load-note").textContent =
    (one ? "" : "Load is what the trace's arrival times were divided by. ") +
    (seedCount > 1 ? `Means over ${seedCount} seeds with 95 % intervals (Student's t).` : "One seed.");
  const figures = [
    { name: "Gain ratio", unit: "share of the attainable gain", of: (g) => g.gain, share: true },
    ...(bounded ? [{ name: "Gain of bound", unit: "share of the gain no policy can exceed", of: (g) => g.ofBound, share: true }] : []),
    { name: "Attainment", unit: "share of requests within their SLO", of: (g) => g.attainment, share: true },
    ...report.classes.map((c) => ({ name: `Attainment of ${c.name}`, unit: `weight ${plain(c.weight)}, TTFT ${milliseconds(c.ttft)}, TPOT ${milliseconds(c.tpot)}`, of: (g) => g.classAttainment[c.name], share: true, many: true })),
    { name: "Goodput", unit: "requests a second within their SLO", of: (g) => g.goodput, share: false },
    ...(hasApplications ? [{ name: "Applications", unit: "mean time from the first call's arrival to the last one's end, ms", of: (g) => g.applicationMean, share: false }] : []),
    ...(hasTenants ? [{ name: "Service gap", unit: "most by which tenants who both waited were served unequally, token prices", of: (g) => g.serviceGap, share: false }] : []),
  ];
  for (const figure of figures) {
    if (!(figure.many && report.classes.length === 1)) add("over-load", card(figure.name, figure.unit, (width) => overLoadPlot(width, figure, one)));
  }
}

function overLoadPlot(width, figure, one) {
  if (!shown().length) return "No policy is shown.";
  const series = shown().map((p) => ({
    ...p,
    points: p.groups
      .filter((g) => figure.of(g))
      .map((g) => [g.load, figure.of(g).mean, figure.of(g).halfWidth])
      .sort((a, b) => a[0] - b[0]),
  }));
  const values = series.flatMap((s) => s.points.map((p) => p[1]));
  const most = Math.max(...values, 1e-9);
  if (one) {
    const rows = series.map((s) => ({ name: s.name, color: s.color, value: s.points[0]?.[1] ?? null, half: s.points[0]?.[2] }));
    return bars(width, rows, figure.share ? percent : plain, figure.share ? 1 : most);
  }
  const least = Math.min(...values, figure.share ? 0.9 : 0);
  const top = figure.share ? 1 : roundTicks(0, most * 1.15, 5).at(-1) || most;
  return lines(width, {
    x: { kind: loads.at(-1) / loads[0] > 12 ? "log" : "linear", from: loads[0], to: loads.at(-1), ticks: loads, label: "load (× the trace's own rate)", format: times },
    y: { from: figure.share && least > 0.5 ? Math.floor(least * 10 + 1e-9) / 10 : 0, to: Math.max(top, figure.share ? 1 : most), label: figure.name, format: figure.share ? wholePercent : plain, exact: figure.share ? percent : plain },
    series,
    snap: true,
  });
}

function curves() {
  options(at("curve-load"), loads.map((l) => [l, times(l)]), loads.at(-1));
  at("curve-load").addEventListener("change", redraw);
  for (const [name, of, promise] of [["Time to first token", "ttft", "ttft"], ["Time per token", "tpot", "tpot"]]) {
    add("curves", card(`${name} (${of.toUpperCase()})`, "cumulative share of requests", (width) => curvePlot(width, of, promise)));
  }
}

function curvePlot(width, of, promise) {
  const load = Number(at("curve-load").value);
  const series = shown().map((p) => ({ ...p, points: (p.groups.find((g) => g.load === load)?.[of] ?? []).filter((q) => q[0] > 0) }));
  const xs = series.flatMap((s) => s.points.map((p) => p[0]));
  if (!xs.length) return shown().length ? "Nothing was measured at this load." : "No policy is shown.";
  const from = Math.min(...xs);
  const most = Math.max(...xs, from * 2);
  const to = Math.max(most, ...report.classes.map((c) => c[promise]).filter((p) => p < most * 3));
  return lines(width, {
    x: { kind: "log", from, to, label: `${of.toUpperCase()} (log scale)`, format: milliseconds },
    y: { from: 0, to: 1, label: "share of requests", format: wholePercent, exact: percent },
    series,
    steps: true,
    guides: report.classes.map((c) => ({ x: c[promise], label: `${c.name} ${milliseconds(c[promise])}` })),
  });
}

function overTime() {
  const best = policies.findIndex((p) => p.groups.some((g) => g.timeline.urgent.some((v) => v > 0)));
  options(at("time-policy"), policies.map((p, i) => [i, p.name]), Math.max(0, best));
  options(at("time-load"), loads.map((l) => [l, times(l)]), loads.at(-1));
  at("time-policy").addEventListener("change", redraw);
  at("time-load").addEventListener("change", redraw);
  const tell = (name, index) => ({ name, color: `var(--c${index})` });
  const share = (t, of) => t[of].map((v, i) => (t.urgent[i] + t.normal[i] > 0 ? v / (t.urgent[i] + t.normal[i]) : null));
  timeCard("Queue", "requests", plain, [tell("waiting", 1), tell("running", 0)], (t) => [t.waiting, t.running]);
  timeCard("KV cache", "share of blocks", wholePercent, [tell("device", 2), tell("host", 3)], (t) => [t.kv, t.host]);
  timeCard("Urgent and normal", "share of the requests at hand", wholePercent, [tell("urgent", 1), tell("normal", 0)], (t) =>
    t.urgent.some((v) => v > 0) || t.normal.some((v) => v > 0) ? [share(t, "urgent"), share(t, "normal")] : null);
}

function timeCard(name, unit, format, key, columns) {
  add("over-time", card(name, unit, (width) => {
    const timeline = policies[at("time-policy").value]?.groups.find((g) => g.load === Number(at("time-load").value))?.timeline;
    if (!timeline?.seconds.length) return "Nothing was recorded over time.";
    const values = columns(timeline);
    if (!values) return "This policy does not tell urgent from normal.";
    const series = key.map((k, i) => ({ ...k, key: "", points: timeline.seconds.map((s, j) => [s, values[i][j]]).filter((p) => p[1] !== null) }));
    const most = format === plain ? Math.max(1, ...values.flat()) : 1;
    return lines(width, {
      x: { kind: "linear", from: 0, to: timeline.seconds.at(-1) || 1, label: "time (s)", format: seconds },
      y: { from: 0, to: most * (format === plain ? 1.05 : 1), label: name, format, exact: format === plain ? plain : percent },
      series,
    });
  }, key));
}

function options(select, pairs, chosen) {
  select.append(...pairs.map(([value, text]) => html("option", { value }, text)));
  select.value = chosen;
}

function runs() {
  const text = (name, of) => ({ name, of, text: true, show: (v) => v });
  const number = (name, of, show) => ({ name, of, show });
  sortable(at("runs"), [
    text("batching", (r) => r.batching), text("routing", (r) => r.routing),
    ...(severalLengths ? [text("lengths", (r) => r.lengths)] : []),
    number("load", (r) => r.rateScale), number("seed", (r) => r.seed, String),
    number("gain ratio", (r) => r.gain.ratio, percent),
    ...(bounded ? [number("of bound", (r) => (r.gain.bound > 0 ? r.gain.obtained / r.gain.bound : null), percent)] : []),
    number("attainment", (r) => r.attainment, percent),
    ...(report.classes.length > 1 ? report.classes.map((c) => number(c.name, (r) => r.classes[c.name]?.attainment, percent)) : []),
    number("goodput", (r) => r.goodput), number("TTFT p50", (r) => r.ttft.p50), number("TTFT p99", (r) => r.ttft.p99),
    number("TPOT p50", (r) => r.tpot.p50), number("TPOT p99", (r) => r.tpot.p99), number("E2E p99", (r) => r.e2e.p99),
    ...(hasApplications ? [number("applications", (r) => r.applications?.mean), number("applications p99", (r) => r.applications?.p99)] : []),
    ...(hasTenants ? [number("service gap", (r) => r.fairness?.serviceGap)] : []),
    number("completed", (r) => r.completed), number("refused", (r) => r.refused), number("tokens/s", (r) => r.tokensPerSecond),
    number("preemptions", (r) => r.preemptions), number("recomputed", (r) => r.recomputedTokens), number("decision µs", (r) => r.decisionMicros.mean),
  ], report.runs);
  new ResizeObserver(() => {
    const wide = at("runs-box").scrollWidth > at("runs-box").clientWidth;
    at("runs-hint").hidden = !wide;
    at("runs-box").classList.toggle("wide", wide);
  }).observe(at("runs-box"));
}

document.body.append(tip);
header();
legend();
overLoad();
curves();
overTime();
runs();
