export function render({ model, el }) {
  const box = make("div", { class: "facts", role: "region", "aria-label": model.fixed.label });
  el.append(box);
  const row = (line) => make("div", { class: "line", "data-tip": line.help || null, "data-reading": line.name },
    make("span", {}, line.name), make("span", { class: "value" }, line.value), line.note ? make("span", { class: "note" }, line.note) : null);
  const section = ({ title, lines, notes, charts }) => make("section", {}, make("h3", {}, title), ...lines.map(row), ...charts.map(chart), ...notes.map((text) => make("div", { class: "remark" }, text)));
  function chart({ title, x, y, across, help, series, mark }) {
    const [W, H, L, B] = [272, 132, 34, 30];
    const px = (value) => L + (value - x[0]) / (x[1] - x[0]) * (W - L - 14), py = (value) => 6 + (1 - (value - y[0]) / (y[1] - y[0])) * (H - B - 6);
    const text = (attributes, said) => { const node = make("text", attributes); node.textContent = said; return node; };
    const lines = series.map((each) => make("path", { class: each.kind, d: "M" + each.x.map((value, n) => `${px(value).toFixed(1)} ${py(Math.min(Math.max(each.y[n], y[0]), y[1])).toFixed(1)}`).join("L") }));
    const names = series.filter((each) => each.kind !== "threshold").map((each) => text({ class: `name ${each.kind}`, x: px(each.at[0]), y: py(each.at[1]) }, each.name));
    const ticks = [...across.ticks.map(([value, said]) => text({ x: px(value), y: H - 16, "text-anchor": "middle" }, said)), ...y.slice(0, 2).map((value) => text({ x: L - 5, y: py(value) + 4, "text-anchor": "end" }, value))];
    const marks = mark ? [make("line", { class: "mark", x1: px(mark.at), x2: px(mark.at), y1: 6, y2: H - B }), text({ class: "name mark", x: px(mark.at) + (mark.at > (x[0] + x[1]) / 2 ? -4 : 4), y: 16, "text-anchor": mark.at > (x[0] + x[1]) / 2 ? "end" : "start" }, mark.name)] : [];
    return make("figure", {}, make("figcaption", { "data-tip": help }, title, ...series.filter((each) => each.kind === "threshold" && each.name).map((each) => ` (dashed: ${each.name})`)), make("svg", { viewBox: `0 0 ${W} ${H}`, class: "chart", role: "img", "aria-label": title },
      make("path", { class: "axes", d: `M${L} 6V${H - B}H${W - 14}` }), ...lines, ...marks, ...names, ...ticks, text({ x: (L + W) / 2, y: H - 2, "text-anchor": "middle" }, across.name)));
  }
  function show() {
    box.replaceChildren(...(model.state.sections || []).map(section));
  }
  model.on("state", show);
  show();
}
