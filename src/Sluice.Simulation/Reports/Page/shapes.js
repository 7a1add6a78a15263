// Elements, numbers and scales: what every plot is made of.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; a string child becomes text, never markup. */
function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Likewise an SVG element. */
function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** A number with about four digits that mean something. */
function plain(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return String(+value.toFixed(1));
  if (size >= 1) return String(+value.toFixed(2));
  return String(+value.toPrecision(3));
}

const percent = (value) => (value === null || value === undefined ? "–" : (value * 100).toFixed(value < 0.9995 ? 1 : 0) + " %");
const wholePercent = (value) => +(value * 100).toFixed(1) + " %";
const milliseconds = (value) => (value >= 1000 ? plain(value / 1000) + " s" : plain(value) + " ms");
const seconds = (value) => plain(value) + " s";
const times = (value) => "×" + plain(value);

/** Round steps of 1, 2 or 5 between two numbers, about as many as asked for. */
function roundTicks(from, to, count) {
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) ticks.push(+(i * step).toPrecision(12));
  return ticks;
}

/** Powers of ten between two numbers, with 2 and 5 between where there is room. */
function logTicks(from, to, count) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let e = Math.floor(Math.log10(from)); e <= Math.ceil(Math.log10(to)); e++) {
      for (const m of steps) {
        const tick = +(m * 10 ** e).toPrecision(6);
        if (tick >= from * 0.999 && tick <= to * 1.001) ticks.push(tick);
      }
    }
    if (ticks.length <= count + 1) return ticks;
    if (steps.length === 1) return ticks.filter((_, i) => i % Math.ceil(ticks.length / count) === 0);
  }
}

/** Maps [from, to] to [start, end] in pixels, and back. */
function scale(kind, from, to, start, end) {
  const bend = kind === "log" ? Math.log : (v) => v;
  const unbend = kind === "log" ? Math.exp : (v) => v;
  const a = bend(from);
  const span = bend(to) - a || 1;
  const pixels = (value) => start + ((bend(value) - a) / span) * (end - start);
  pixels.invert = (pixel) => unbend(a + ((pixel - start) / (end - start)) * span);
  return pixels;
}

/** The index of the last of ascending numbers that is at most the value; -1 when all are larger. */
function lastAtMost(numbers, value) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
