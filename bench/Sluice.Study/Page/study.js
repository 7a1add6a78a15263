// Puts the study on the page.

const study = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const DASHES = [null, "7 4", "2 4", "10 4 2 4"];
// The page's colours without its greens, which are near the accent.
const COLOURS = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14];
const SHOWN_LOSSES = 12;
const FIGURES = [
  { name: "Gain ratio", of: (p) => p.gain, bound: true },
  { name: "Gain ÷ bound", of: (p) => p.ofBound },
  { name: "Attainment", of: (p) => p.attainment },
  { name: "Attainment of the highest class", of: (p) => p.high },
];
let figure = FIGURES[0];
const redraws = [];

// A policy keeps its colour and dash wherever it is drawn. Ours have the accent, which no other has.
function dressed(names) {
  return names.map((name, i) => {
    const ours = study.ours.includes(name);
    return { name, ours, color: ours ? "var(--ours)" : `var(--c${COLOURS[i % COLOURS.length]})`, dash: ours ? null : DASHES[Math.floor(i / 4) % 4], shown: true };
  });
}

function header() {
  at("notes").append(...study.notes.map((note) => html("li", {}, note[0].toUpperCase() + note.slice(1) + ".")));
  const facts = [
    ["Command", html("code", {}, "dotnet run -c Release --project bench/Sluice.Study")],
    ["Runs", `${study.runs.toLocaleString("en")} runs, ${study.requests.toLocaleString("en")} requests, seeds ${study.seeds.join(", ")}`],
    ["Classes", study.classes.join("  ·  ")],
    ["Ours", study.ours.join(" (batching), ") + " (routing)"],
    ["Published", [...study.batchings, ...study.routings].filter((name) => !study.ours.includes(name)).join(", ")],
  ];
  for (const [term, value] of facts) at("facts").append(html("dt", {}, term), html("dd", {}, value));
}

function losses() {
  const rows = study.losses;
  at("loss-note").textContent = rows.length
    ? `${rows.length} points at which a published policy is ahead in gain or in attainment. Differences in percentage points, seed by seed, with half of their 95 % interval.`
    : "Nowhere: at no point is a published policy ahead in gain or attainment.";
  at("loss-box").hidden = rows.length === 0;
  const names = ["scene", "load", "ours", "gain", "most gain", "", "difference", "most attainment", "", "difference"];
  const body = html("tbody");
  const text = (value) => html("td", { class: "text" }, value);
  const number = (value) => html("td", {}, points(value));
  const difference = (d) => html("td", d.mean < -0.0005 ? { class: "behind" } : {}, signedPoints(d.mean), half(d));
  const made = rows.map((r) => html("tr", {},
    text(r.scene), html("td", {}, times(r.load)), text(r.policy + (r.below ? ` over ${r.below}` : "")), number(r.gain),
    text(r.best), number(r.bestGain), difference(r.gainDifference), text(r.attaining), number(r.attainingMost), difference(r.attainmentDifference)));
  body.append(...made.slice(0, SHOWN_LOSSES));
  at("losses").append(html("thead", {}, html("tr", {}, ...names.map((name, i) => html("th", { scope: "col", ...([0, 2, 4, 7].includes(i) ? { class: "text" } : {}) }, name)))), body);
  if (made.length > SHOWN_LOSSES) {
    const button = at("all-losses");
    button.hidden = false;
    button.textContent = `all ${made.length}`;
    button.addEventListener("click", () => {
      body.append(...made.slice(SHOWN_LOSSES));
      button.hidden = true;
    });
  }
}

const points = (share) => (share * 100).toFixed(1);
const signedPoints = (share) => (share > 0 ? "+" : "") + points(share).replace("-", "−");
const half = (interval) => (interval.halfWidth >= 0.0005 ? html("small", {}, " ±" + points(interval.halfWidth)) : "");

function figures() {
  const buttons = FIGURES.map((f) => {
    const button = html("button", { type: "button", "aria-pressed": f === figure }, f.name);
    button.addEventListener("click", () => {
      figure = f;
      buttons.forEach((b, i) => b.setAttribute("aria-pressed", FIGURES[i] === f));
      redraws.forEach((redraw) => redraw());
    });
    return button;
  });
  at("figures").append(...buttons);
}

function chapter(given) {
  const policies = dressed(given.isRouting ? study.routings : study.batchings);
  const grid = html("div", { class: "grid" });
  const redrawAll = [];
  for (const scene of given.scenes) {
    const fields = given.isRouting ? [...new Set(scene.points.map((p) => p.batching))] : [null];
    for (const below of fields) {
      const box = sceneCard(scene, below, policies, given.isRouting ? (p) => p.routing : (p) => p.batching);
      grid.append(box);
      redrawAll.push(box.redrawAll);
    }
  }
  if (given.isMemory) {
    const boxes = memoryCards(given.scenes, policies);
    grid.prepend(...boxes);
    redrawAll.push(...boxes.map((box) => box.redraw));
  }
  redraws.push(...redrawAll);
  const bound = { name: "the bound", color: "var(--soft)", dash: "3 4" };
  const legend = html("div", { class: "legend", role: "group", "aria-label": "Policies shown" }, ...policies.map((policy) => {
    const button = html("button", { type: "button", "aria-pressed": true, class: policy.ours ? "ours" : "" }, sample(policy), policy.name);
    button.addEventListener("click", () => {
      policy.shown = !policy.shown;
      button.setAttribute("aria-pressed", policy.shown);
      redrawAll.forEach((redraw) => redraw());
    });
    button.addEventListener("pointerenter", () => light(policy));
    button.addEventListener("pointerleave", () => light(null));
    return button;
  }), html("span", { class: "key" }, html("span", {}, sample(bound), bound.name)));
  at("chapters").append(html("h3", { class: "chapter" }, given.title), legend, grid);
}

function light(policy) {
  document.body.toggleAttribute("data-lit", policy !== null && policy.shown);
  for (const series of document.querySelectorAll(".series")) series.classList.toggle("lit", series.dataset.series === policy?.name);
}

function sceneCard(scene, below, policies, nameOf) {
  const mine = scene.points.filter((p) => below === null || p.batching === below);
  const loads = [...new Set(mine.map((p) => p.load))].sort((a, b) => a - b);
  const shown = () => policies.map((policy) => ({ ...policy, at: mine.filter((p) => nameOf(p) === policy.name) })).filter((p) => p.at.length && p.shown);
  const unit = `${below ? `over ${below} · ` : ""}${scene.limit.toLocaleString("en")} requests`;
  const box = card(scene.title, unit, (width) => scenePlot(width, scene, loads, shown(), mine));
  const table = html("table");
  const fill = () => sceneTable(table, loads, shown(), mine);
  box.append(html("details", {}, html("summary", {}, "Figures and command"), html("div", { class: "scroll" }, table), html("code", {}, scene.command)));
  fill();
  box.redrawAll = () => {
    box.redraw();
    fill();
  };
  return box;
}

function scenePlot(width, scene, loads, shown, mine) {
  const line = (points) => points.map((p) => [p.load, figure.of(p).mean, figure.of(p).halfWidth]).sort((a, b) => a[0] - b[0]);
  // Ours come last, so that they lie on top.
  const series = shown.map((p) => ({ ...p, points: line(p.at) })).sort((a, b) => a.ours - b.ours);
  if (figure.bound && mine.length) {
    const limits = new Map(mine.map((p) => [p.load, p.bound.mean]));
    series.unshift({ name: "the bound", color: "var(--soft)", dash: "3 4", points: [...limits].sort((a, b) => a[0] - b[0]) });
  }
  const root = lines(width, {
    x: { kind: "linear", from: loads[0], to: loads.at(-1), ticks: loads, label: "load (× saturation)", format: times },
    y: { from: 0, to: 1, label: figure.name, format: wholePercent, exact: percent },
    series,
    snap: true,
    guides: [{ x: 1, label: `saturation, ${times(scene.saturation)} the trace's rate` }],
  });
  return marked(root);
}

/** Tells the style sheet which lines are ours, and which is the bound. */
function marked(root) {
  for (const drawn of root.querySelectorAll(".series")) {
    drawn.toggleAttribute("data-ours", study.ours.includes(drawn.dataset.series));
    drawn.toggleAttribute("data-bound", drawn.dataset.series === "the bound");
  }
  return root;
}

function sceneTable(table, loads, shown, mine) {
  const head = html("tr", {}, html("th", { class: "text", scope: "col" }, figure.name + ", %"), ...loads.map((l) => html("th", { scope: "col" }, times(l))));
  const most = loads.map((l) => Math.max(...shown.flatMap((p) => p.at.filter((q) => q.load === l).map((q) => +points(figure.of(q).mean)))));
  const rows = [...shown].sort((a, b) => b.ours - a.ours).map((policy) => html("tr", policy.ours ? { class: "ours" } : {}, html("td", { class: "text" }, policy.name),
    ...loads.map((l, i) => {
      const point = policy.at.find((p) => p.load === l);
      if (!point) return html("td", {}, "–");
      const value = figure.of(point);
      return html("td", +points(value.mean) === most[i] ? { class: "best" } : {}, points(value.mean), half(value));
    })));
  if (figure.bound) {
    rows.push(html("tr", { class: "bound" }, html("td", { class: "text" }, "the bound"),
      ...loads.map((l) => html("td", {}, points(mine.find((p) => p.load === l).bound.mean)))));
  }
  table.replaceChildren(html("thead", {}, head), html("tbody", {}, ...rows));
}

document.body.append(tip);
header();
at("floors").append(...study.floors.map(floorRow));
losses();
figures();
study.chapters.forEach(chapter);
