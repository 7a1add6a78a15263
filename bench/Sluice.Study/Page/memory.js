// Memory as the axis: one device with fewer and fewer blocks, each time under the same overload.

/** A card for every profile that was measured with several sizes of memory. */
function memoryCards(scenes, policies) {
  const loads = [...new Set(scenes.flatMap((s) => s.points.map((p) => p.load)))].sort((a, b) => a - b);
  const load = loads.find((l) => l > 1) ?? loads.at(-1);
  return [...Map.groupBy(scenes, (s) => s.profile)]
    .filter(([, sizes]) => sizes.length > 1)
    .map(([profile, sizes]) => card(`Over memory: ${profile}`, `at ${times(load)} the saturation of each size`, (width) => memoryPlot(width, sizes, load, policies)));
}

function memoryPlot(width, sizes, load, policies) {
  const blocks = sizes.map((s) => s.blocks).sort((a, b) => a - b);
  const line = (of) => sizes
    .map((s) => [s.blocks, s.points.find((p) => p.load === load && of(p))])
    .filter((pair) => pair[1])
    .sort((a, b) => a[0] - b[0]);
  const series = policies
    .filter((p) => p.shown)
    .map((p) => ({ ...p, points: line((q) => q.batching === p.name).map(([at, q]) => [at, figure.of(q).mean, figure.of(q).halfWidth]) }))
    .sort((a, b) => a.ours - b.ours);
  if (figure.bound) {
    series.unshift({ name: "the bound", color: "var(--soft)", dash: "3 4", points: line(() => true).map(([at, q]) => [at, q.bound.mean]) });
  }
  return marked(lines(width, {
    x: { kind: "log", from: blocks[0], to: blocks.at(-1), ticks: blocks, label: "KV blocks of 16 tokens (log scale)", format: plain },
    y: { from: 0, to: 1, label: figure.name, format: wholePercent, exact: percent },
    series,
    snap: true,
  }));
}
