export function render({ model, el }) {
  const lines = make("div", { class: "lines", role: "region", "aria-label": "Estimate" });
  const name = make("input", { type: "text", id: "run-name", "aria-label": "Name of the run", autocomplete: "off", spellcheck: "false", "data-tip": "Folder of the run, below the folder of runs" });
  const problem = make("div", { class: "problem", role: "alert" });
  const start = make("button", { type: "button", class: "button primary", onclick: go, "data-tip": "Runs as a job of its own: it goes on when this tab is closed or the server is restarted" }, "Start training");
  name.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
  name.addEventListener("input", () => { problem.hidden = true; });
  function go() { if (!start.disabled) model.send_msg({ kind: "start", name: name.value }); }
  el.append(make("div", { class: "box" }, make("h3", {}, "Estimate"), lines, make("div", { class: "start" }, name, start, problem)));
  let started = 0;
  function show() {
    const { lines: rows, name: proposed, error, stale, ready, started: count } = model.state;
    lines.classList.toggle("stale", Boolean(stale));
    lines.setAttribute("aria-busy", Boolean(stale));
    lines.replaceChildren(...(rows.length ? rows.map((line) => make("div", { class: "line", "data-tip": line.help, "data-reading": line.name },
      make("span", {}, line.name), make("span", { class: "value" }, line.value), line.note ? make("span", { class: "note" }, line.note) : null))
      : [make("div", { class: "empty" }, "Tokens, memory and time appear once data are chosen.")]));
    name.placeholder = proposed || "Name of the run";
    if (count > started) { started = count; name.value = ""; }
    start.disabled = !ready; name.disabled = !rows.length;
    problem.textContent = error; problem.hidden = !error;
  }
  model.on("state", show);
  show();
}
