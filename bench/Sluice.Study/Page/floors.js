// The floors: a verdict, a count, and a dot for every point.

function floorRow(floor) {
  const verdict = floor.isMet === null ? "none" : floor.isMet ? "met" : "missed";
  const worst = floor.points[0];
  const met = floor.points.filter((p) => p.isMet).length;
  const place = html("div");
  const row = html("div", { class: "floor" },
    html("span", { class: "verdict " + verdict }, verdict === "none" ? "not measured" : verdict),
    html("div", { class: "wanted" }, html("b", {}, floor.policy), ` ${floor.wanted.replaceAll("`", "")} `, html("span", {}, floor.limit)),
    html("div", { class: "count" }, floor.points.length === 1 ? "one figure" : `${met} of ${floor.points.length} points`, ...(worst ? [html("small", {}, `worst ${signed(worst.value)}`)] : [])),
    place);
  if (worst) new ResizeObserver(() => place.replaceChildren(strip(Math.max(120, place.clientWidth), floor))).observe(place);
  return row;
}

const signed = (value) => value.toFixed(3).replace("-", "−");
const short = (value) => String(+value.toFixed(2)).replace("-", "−");

/** Values on one line, those at one place on top of each other; far ones are drawn at the edge. */
function strip(width, floor) {
  const height = 46;
  const bottom = height - 16;
  const span = floor.isCeiling ? 1 : Math.max(0.04, Math.abs(floor.limitValue) * 0.3);
  const values = floor.points.map((p) => p.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const from = floor.isCeiling ? 0 : Math.max(Math.min(least, floor.limitValue - span * 0.25), floor.limitValue - span * 2);
  const isShare = !floor.isCeiling && floor.limitValue > 0 && floor.limitValue < 1 && most <= 1;
  const to = isShare ? 1 : floor.isCeiling ? Math.min(Math.max(most, 1), 2) : Math.min(Math.max(most, floor.limitValue + span * 0.25), floor.limitValue + span * 4);
  const x = scale("linear", from, to, 8, width - 8);
  const at = (value) => x(Math.max(from, Math.min(to, value)));
  const limit = x(floor.limitValue);
  const root = svg("svg", { height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${floor.points.length} points, limit ${floor.limit}` });
  root.append(svg("rect", { class: "allowed", x: floor.isCeiling ? 2 : limit, y: 2, width: Math.max(0, floor.isCeiling ? limit - 2 : width - 2 - limit), height: bottom - 2 }));
  root.append(svg("line", { class: "axis", x1: 2, x2: width - 2, y1: bottom, y2: bottom }));
  const columns = new Map();
  for (const point of floor.points) {
    const column = Math.round(at(point.value) / 7);
    const level = columns.get(column) ?? 0;
    columns.set(column, level + 1);
    const y = bottom - 5 - Math.min(level, 3) * 6;
    root.append(svg("circle", { class: "dot " + (point.isMet ? "met" : "missed"), cx: at(point.value), cy: y, r: 3.6 },
      svg("title", {}, `${point.place}${point.title ? " (" + point.title + ")" : ""}: ${signed(point.value)}${point.rival ? ", against " + point.rival : ""}`)));
  }
  root.append(svg("line", { class: "limit", x1: limit, x2: limit, y1: 0, y2: bottom + 3 }));
  const text = (value, anchor, label) => svg("text", { x: Math.max(2, Math.min(width - 2, at(value))), y: height - 3, "text-anchor": anchor }, label);
  root.append(text(floor.limitValue, limit > width - 40 ? "end" : limit < 40 ? "start" : "middle", floor.limit));
  if (limit > 90) root.append(text(from, "start", (least < from ? "≤ " : "") + short(from)));
  if (limit < width - 90) root.append(text(to, "end", (most > to ? "≥ " : "") + short(to)));
  return root;
}
