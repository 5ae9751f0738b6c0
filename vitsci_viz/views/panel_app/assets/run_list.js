export function render({ model, el }) {
  const list = make("ul", { "aria-label": "Runs" }), empty = make("div", { class: "muted" });
  const plan = make("button", { type: "button", class: "button quiet", "data-tip": "Back to the data and the setting", onclick: () => model.send_msg({ name: "" }) }, icon(ICONS.plus), "New run");
  el.append(make("div", { class: "box" }, make("h3", {}, "Runs", plan), empty, list));
  const items = new Map();
  function item(row) {
    const dot = make("span", { class: "dot" }), name = make("span", { class: "name" }), dice = make("span", { class: "dice" });
    const note = make("span", { class: "note" }), fill = make("i"), bar = make("span", { class: "bar" }, fill);
    const button = make("button", { type: "button", "data-run": row.name, onclick: () => model.send_msg({ name: row.name }) }, dot, name, dice, note, bar);
    const node = make("li", {}, button);
    return { node, update(now, chosen) {
      dot.className = `dot ${now.state}`; name.textContent = now.name; dice.textContent = now.dice;
      note.textContent = [now.state, now.note].filter(Boolean).join(": ");
      button.dataset.tip = `${now.name}\n${note.textContent}`;
      bar.hidden = !["running", "stopping"].includes(now.state); fill.style.width = `${100 * now.part}%`;
      button.setAttribute("aria-current", now.name === chosen);
    } };
  }
  let link = null;
  function show() {
    const { rows, chosen, query } = model.state;
    if (query !== null && query !== link) { link = query; history.replaceState(null, "", location.pathname + (link ? `?${link}` : "")); }
    empty.textContent = rows === null ? "Looking for runs ..." : rows.length ? "" : "No run yet. The first one appears here.";
    empty.hidden = Boolean(rows && rows.length);
    plan.hidden = !chosen;
    const wanted = (rows || []).map((row) => row.name);
    for (const name of [...items.keys()]) if (!wanted.includes(name)) { items.get(name).node.remove(); items.delete(name); }
    (rows || []).forEach((row, place) => {
      if (!items.has(row.name)) items.set(row.name, item(row));
      const entry = items.get(row.name);
      if (list.children[place] !== entry.node) list.insertBefore(entry.node, list.children[place] || null);
      entry.update(row, chosen);
    });
  }
  model.on("state", show);
  show();
}
