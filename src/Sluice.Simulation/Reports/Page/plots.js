// Lines with bands, and bars; both redraw to the width they are given.

let clips = 0;
const tip = html("div", { class: "tip", role: "status" });

/** A card that draws itself again whenever its width changes. `draw(width)` returns an SVG element, or a string to show instead. */
function card(title, unit, draw, key = []) {
  const heading = html("h3", {}, title + " ", html("small", {}, unit));
  const marks = key.map((k) => html("span", {}, sample(k), k.name));
  const place = html("div");
  const box = html("div", { class: "card" }, heading, ...(marks.length ? [html("div", { class: "key" }, ...marks)] : []), place);
  let drawnAt = 0;
  box.redraw = () => {
    const width = Math.floor(place.clientWidth);
    if (width < 40) return;
    drawnAt = width;
    const drawn = draw(width);
    place.replaceChildren(typeof drawn === "string" ? html("div", { class: "nothing" }, drawn) : drawn);
  };
  new ResizeObserver(() => Math.floor(place.clientWidth) !== drawnAt && box.redraw()).observe(place);
  return box;
}

/** A short piece of a series' line, for legends. */
function sample(series) {
  const line = svg("line", { x1: 1, x2: 23, y1: 5, y2: 5, stroke: series.color, "stroke-width": 2.5, "stroke-dasharray": series.dash });
  return svg("svg", { width: 24, height: 10, "aria-hidden": "true" }, line);
}

/**
 * Lines. `spec`: x and y as { kind, from, to, label, format, ticks }, series as { name, color, dash, key, points: [[x, y, half]] },
 * guides as { x, label }; `snap` moves the cursor to measured x, otherwise `steps` or straight lines lie between the points.
 */
function lines(width, spec) {
  const height = 270;
  const left = 52;
  const right = width - 12;
  const top = spec.guides?.length ? 34 : 8;
  const bottom = height - 42;
  const x = scale(spec.x.kind, spec.x.from, spec.x.to, left, right);
  const y = scale("linear", spec.y.from, spec.y.to, bottom, top);
  const root = svg("svg", { height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${spec.y.label} over ${spec.x.label}` });

  for (const tick of spec.y.ticks ?? roundTicks(spec.y.from, spec.y.to, 5)) {
    root.append(svg("line", { class: "rule", x1: left, x2: right, y1: y(tick), y2: y(tick) }));
    root.append(svg("text", { x: left - 7, y: y(tick) + 4, "text-anchor": "end" }, spec.y.format(tick)));
  }
  root.append(svg("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
  const room = Math.max(2, Math.floor((right - left) / 58));
  const ticks = spec.x.ticks ?? (spec.x.kind === "log" ? logTicks : roundTicks)(spec.x.from, spec.x.to, room);
  let free = -Infinity;
  for (const tick of ticks) {
    root.append(svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }));
    if (x(tick) < free) continue;
    const anchor = x(tick) > right - 14 ? "end" : "middle";
    root.append(svg("text", { x: anchor === "end" ? right + 6 : x(tick), y: bottom + 17, "text-anchor": anchor }, spec.x.format(tick)));
    free = x(tick) + 42;
  }
  root.append(svg("text", { x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }, spec.x.label));
  guides(root, spec, x, top, bottom, left, right);

  const clip = `clip${++clips}`;
  root.append(svg("clipPath", { id: clip }, svg("rect", { x: left - 4, y: top - 4, width: right - left + 8, height: bottom - top + 8 })));
  for (const series of spec.series) root.append(drawn(series, spec, x, y, clip));
  listen(root, spec, x, y, { left, right, top, bottom });
  return root;
}

function guides(root, spec, x, top, bottom, left, right) {
  const atX = Map.groupBy((spec.guides ?? []).filter((g) => g.x >= spec.x.from && g.x <= spec.x.to), (g) => g.x);
  const free = [-Infinity, -Infinity];
  for (const [at, marked] of [...atX].sort((a, b) => a[0] - b[0])) {
    const label = marked.map((g) => g.label).join(", ");
    const half = label.length * 3;
    const middle = Math.max(left + half, Math.min(right - half, x(at)));
    const row = free.findIndex((f) => middle - half >= f);
    root.append(svg("line", { class: "guide", x1: x(at), x2: x(at), y1: row === 0 ? top - 4 : top - 17, y2: bottom }));
    if (row < 0) continue;
    root.append(svg("text", { x: middle, y: row === 0 ? top - 8 : top - 21, "text-anchor": "middle" }, label));
    free[row] = middle + half + 6;
  }
}

function drawn(series, spec, x, y, clip) {
  const group = svg("g", { class: "series", "data-series": series.key ?? series.name, "clip-path": `url(#${clip})` });
  const points = series.points.filter((p) => p[1] !== null);
  if (!points.length) return group;
  if (points.some((p) => p[2] > 0)) {
    const upper = points.map((p) => `${x(p[0]).toFixed(1)},${y(p[1] + p[2]).toFixed(1)}`);
    const lower = points.map((p) => `${x(p[0]).toFixed(1)},${y(p[1] - p[2]).toFixed(1)}`).reverse();
    group.append(svg("path", { class: "band", fill: series.color, d: `M${upper.join("L")}L${lower.join("L")}Z` }));
  }
  let path = "";
  for (const [i, p] of points.entries()) {
    const px = x(p[0]).toFixed(1);
    const py = y(p[1]).toFixed(1);
    path += i === 0 ? `M${px},${py}` : spec.steps ? `H${px}V${py}` : `L${px},${py}`;
  }
  group.append(svg("path", { class: "line", d: path, stroke: series.color, "stroke-dasharray": series.dash }));
  if (spec.snap) {
    for (const p of points) group.append(svg("circle", { cx: x(p[0]), cy: y(p[1]), r: 3.5, fill: series.color }));
  }
  return group;
}

/** What a series shows at a place on the x axis; null outside of it. */
function valueAt(series, spec, at) {
  const xs = (series.xs ??= series.points.map((p) => p[0]));
  const i = lastAtMost(xs, at);
  if (spec.snap) return i >= 0 && xs[i] === at ? series.points[i] : null;
  if (i < 0) return spec.steps ? [at, 0] : null;
  const next = series.points[i + 1];
  if (spec.steps || !next) return !spec.steps && at > xs[i] ? null : series.points[i];
  const part = (at - xs[i]) / (next[0] - xs[i] || 1);
  return [at, series.points[i][1] + part * (next[1] - series.points[i][1])];
}

function listen(root, spec, x, y, { left, right, top, bottom }) {
  const cursor = svg("line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden" });
  root.append(cursor);
  const all = [...new Set(spec.series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  root.addEventListener("pointermove", (event) => {
    const box = root.getBoundingClientRect();
    const pixel = Math.max(left, Math.min(right, event.clientX - box.left));
    let at = x.invert(pixel);
    if (spec.snap && all.length) at = all.reduce((a, b) => (Math.abs(x(a) - pixel) <= Math.abs(x(b) - pixel) ? a : b));
    const rows = spec.series
      .map((series) => ({ series, point: valueAt(series, spec, at) }))
      .filter((row) => row.point && row.point[1] !== null)
      .sort((a, b) => b.point[1] - a.point[1]);
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("x1", x(at));
    cursor.setAttribute("x2", x(at));
    showTip(event, spec.x.format(at), rows, spec, (row) => Math.abs(y(row.point[1]) - (event.clientY - box.top)));
  });
  root.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    tip.style.display = "none";
  });
}

function showTip(event, heading, rows, spec, distance) {
  const near = rows.length > 1 ? rows.reduce((a, b) => (distance(a) <= distance(b) ? a : b)) : null;
  const shown = rows.map((row) => {
    const half = row.point[2] > 0 ? " ± " + spec.y.format(row.point[2]) : "";
    const show = spec.y.exact ?? spec.y.format;
    return html("div", row === near ? { class: "near" } : {}, sample(row.series), html("span", {}, row.series.name), html("i", {}, show(row.point[1]) + half));
  });
  tip.replaceChildren(html("b", {}, heading), ...shown);
  tip.style.display = "block";
  const wide = tip.offsetWidth;
  const tall = tip.offsetHeight;
  tip.style.left = Math.max(6, event.clientX + 16 + wide > innerWidth ? event.clientX - wide - 16 : event.clientX + 16) + "px";
  tip.style.top = Math.max(6, Math.min(innerHeight - tall - 6, event.clientY - tall / 2)) + "px";
}

/** Bars of one load, from 0, with a whisker for the interval. `rows`: { name, color, value, half }. */
function bars(width, rows, format, to) {
  const tall = 24;
  const height = rows.length * tall + 8;
  const name = Math.min(width * 0.42, 14 + 6.6 * Math.max(...rows.map((r) => r.name.length)));
  const x = scale("linear", 0, to || 1, name, width - 64);
  const root = svg("svg", { height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  rows.forEach((row, i) => {
    const middle = 4 + i * tall + tall / 2;
    const end = x(Math.max(0, row.value ?? 0));
    const group = svg("g", { class: "series", "data-series": row.key ?? row.name });
    const fits = Math.max(4, Math.floor((name - 12) / 6.4));
    const short = row.name.length > fits ? row.name.slice(0, fits - 1) + "…" : row.name;
    group.append(svg("text", { class: "name", x: name - 8, y: middle + 4, "text-anchor": "end" }, short, svg("title", {}, row.name)));
    group.append(svg("rect", { x: name, y: middle - 7, width: Math.max(1, end - name), height: 14, rx: 3, fill: row.color }));
    const whisker = x(Math.min(to || 1, (row.value ?? 0) + (row.half ?? 0)));
    if (row.half > 0) {
      const from = x(Math.max(0, row.value - row.half));
      group.append(svg("path", { class: "axis", d: `M${from},${middle}H${whisker}M${from},${middle - 4}v8M${whisker},${middle - 4}v8` }));
    }
    group.append(svg("text", { class: "value", x: Math.max(end, whisker) + 6, y: middle + 4 }, format(row.value)));
    root.append(group);
  });
  root.append(svg("line", { class: "axis", x1: name, x2: name, y1: 2, y2: height - 2 }));
  return root;
}
