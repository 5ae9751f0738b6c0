export function render({ model, el }) {
  const box = make("div", { class: "readings", role: "region", "aria-label": "Readings" });
  el.append(box);
  const [unit] = [" tokens"];
  let unfolded = false;
  const row = (line) => make("div", { class: "line", "data-tip": line.help, "data-reading": line.name },
    make("span", {}, line.name), make("span", { class: "value" }, line.value), line.note ? make("span", { class: "note" }, line.note) : null);
  function folded(lines) {
    if (!lines.length) return [];
    const more = make("details", { open: unfolded, ontoggle: () => { unfolded = more.open; } }, make("summary", {}, "Class by class"), ...lines.map(row));
    return [more];
  }
  function one({ lines, share }) {
    const [tokens, ...rest] = lines;
    return [
      make("div", { class: "head", "data-tip": tokens.help },
        make("div", { class: "tokens", "data-reading": tokens.name }, tokens.value, make("small", {}, unit)),
        make("div", { class: "gauge", "aria-hidden": "true" }, make("i", { style: `width:${Math.min(100, 100 * share)}%` })),
        make("div", { class: "note" }, tokens.note)),
      ...rest.filter((line) => !line.is_detail).map(row), ...folded(rest.filter((line) => line.is_detail)),
    ];
  }
  function two([a, b]) {
    const names = [...new Set([...a.lines, ...b.lines].filter((line) => !line.is_detail).map((line) => line.name))];
    const find = (setting, name) => setting.lines.find((line) => line.name === name);
    const cells = names.flatMap((name) => [
      make("span", { class: "name", "data-tip": (find(a, name) || find(b, name)).help }, name),
      ...[a, b].map((setting) => make("span", { class: "value", "data-reading": name }, find(setting, name) ? find(setting, name).value : "\u2013")),
    ]);
    return [make("div", { class: "pair" }, make("span", { class: "title" }, "A"), make("span", { class: "title b" }, "B"), ...cells)];
  }
  function show() {
    const { settings = [], leaves = [], stale, note } = model.state;
    box.classList.toggle("stale", Boolean(stale));
    box.setAttribute("aria-busy", Boolean(stale));
    if (!settings.length) { box.replaceChildren(make("div", { class: "empty" }, "Readings appear with an image.")); return; }
    box.replaceChildren(
      ...(settings.length > 1 ? two(settings) : one(settings[0])),
      ...(note ? [make("div", { class: "remark" }, note)] : []),
      make("h3", { "data-tip": "Leaves of each size, in the colours of the overlay, and the share of the image that they cover" }, "Leaves by size", make("span", {}, "count, share of area")),
      ...leaves.map((leaf) => make("div", { class: "leaf", "data-level": leaf.level },
        make("span", { class: "swatch", style: `background:${leaf.colour}` }), make("span", {}, leaf.size),
        make("span", { class: "bar", style: `width:${100 * leaf.part}%` }), make("span", { class: "count" }, grouped(leaf.count)), make("span", { class: "area" }, leaf.area))));
  }
  model.on("state", show);
  show();
}
