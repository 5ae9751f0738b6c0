export function render({ model, el }) {
  const send = (kind, name) => model.send_msg({ kind, name });
  const name = make("input", { type: "text", "aria-label": "Name of the volume", autocomplete: "off", spellcheck: "false", "data-tip": "Name of the volume, below the folder of runs" });
  const start = make("button", { type: "button", class: "button primary", onclick: go, "data-tip": "Runs as a job of its own: it goes on when this tab is closed or the server is restarted" }, "Reconstruct all");
  name.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
  name.addEventListener("input", () => { problem.hidden = true; });
  function go() { if (!start.disabled) send("start", name.value); }
  const facts = make("div", { class: "said" }), problem = make("div", { class: "problem", role: "alert" });
  const list = make("ul", { "aria-label": "Reconstructions" });
  el.append(make("div", { class: "box" }, make("h3", {}, "Volume"), facts, make("div", { class: "start" }, name, start), problem, list));
  const items = new Map();
  const titles = { open: "Open", stop: "Stop", resume: "Resume" };
  const tips = { open: "Look at the volume as three planes", stop: "Stops after the slab that is on its way; Resume goes on from there", resume: "Goes on with the slabs that are left" };
  function item(key) {
    const dot = make("span", {}), title = make("span", { class: "name" }), note = make("span", { class: "note" });
    const fill = make("i"), bar = make("span", { class: "bar" }, fill), log = make("pre", { tabindex: 0, role: "log", "aria-label": `Log of ${key}` });
    const head = make("button", { type: "button", class: "head", "data-run": key, onclick: () => send("watch", key), "data-tip": "Show or hide the log" }, dot, title, note);
    const acts = Object.fromEntries(Object.keys(titles).map((kind) => [kind, make("button", { type: "button", class: "button", "aria-label": `${titles[kind]} ${key}`, "data-tip": tips[kind], onclick: () => send(kind, key) }, titles[kind])]));
    const node = make("li", {}, head, make("span", { class: "acts" }, ...Object.values(acts)), bar, log);
    return { node, update(row, watched, text) {
      dot.className = `dot ${row.state}`; title.textContent = row.name; note.textContent = [row.state, row.note].filter(Boolean).join(": ");
      head.setAttribute("aria-expanded", row.name === watched);
      for (const [kind, act] of Object.entries(acts)) act.hidden = !row.can.includes(kind);
      bar.hidden = !["running", "stopping"].includes(row.state); fill.style.width = `${100 * row.part}%`;
      log.hidden = row.name !== watched;
      const words = text || "Starting ...";
      if (row.name === watched && log.textContent !== words) { log.textContent = words; log.scrollTop = log.scrollHeight; }
    } };
  }
  let started = 0;
  function show() {
    const { rows, watched, log, name: proposed, facts: words, error, ready, started: count } = model.state;
    name.placeholder = proposed || "Name of the volume"; name.disabled = start.disabled = !ready;
    if (count > started) { started = count; name.value = ""; }
    facts.textContent = words || (error ? "" : "Size, memory and time appear once a scan is open."); facts.hidden = !facts.textContent;
    problem.textContent = error; problem.hidden = !error;
    const wanted = (rows || []).map((row) => row.name);
    for (const key of [...items.keys()]) if (!wanted.includes(key)) { items.get(key).node.remove(); items.delete(key); }
    (rows || []).forEach((row, place) => {
      if (!items.has(row.name)) items.set(row.name, item(row.name));
      const entry = items.get(row.name);
      if (list.children[place] !== entry.node) list.insertBefore(entry.node, list.children[place] || null);
      entry.update(row, watched, log);
    });
  }
  model.on("state", show);
  show();
}
