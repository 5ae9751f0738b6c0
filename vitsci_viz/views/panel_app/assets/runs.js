export function render({ model, el }) {
  const chooser = (side, label) => make("select", { "aria-label": label, onchange: (event) => model.send_msg({ kind: "choose", side, name: event.target.value }) });
  const first = chooser("A", "Run A"), second = chooser("B", "Run B, to compare with");
  const refresh = make("button", { type: "button", class: "button quiet", "aria-label": "Look for runs again", "data-tip": "Look for runs again", onclick: () => model.send_msg({ kind: "refresh" }) }, icon("M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3"));
  const facts = make("div", { class: "facts" }), problem = make("div", { class: "problem", role: "alert" });
  const row = (letter, tip, field) => make("div", { class: "side", "data-tip": tip }, make("span", { class: `letter ${letter.toLowerCase()}`, "aria-hidden": "true" }, letter), field);
  el.append(make("div", { class: "card" },
    make("div", { class: "head" }, make("h3", {}, "Training run"), refresh),
    row("A", "The run whose model predicts", first), facts, row("B", "A second run to compare with: it must know the same classes", second), problem));
  function fill(field, empty, chosen) {
    const { runs = [] } = model.state;
    const known = runs.some((run) => run.name === chosen);
    field.replaceChildren(
      make("option", { value: "" }, empty),
      ...(chosen && !known ? [make("option", { value: chosen }, chosen)] : []),
      ...runs.map((run) => make("option", { value: run.name, disabled: !run.usable, title: run.note }, run.usable ? run.name : `${run.name} (not ready)`)));
    field.value = chosen;
  }
  function show() {
    const { runs = [], first: a = "", second: b = "", facts: words = "", error = "", where = "" } = model.state;
    fill(first, runs.length ? "Choose a run" : "No run found", a);
    fill(second, "None", b);
    second.disabled = !a;
    facts.textContent = words || (runs.length ? "" : where);
    facts.hidden = !facts.textContent;
    problem.textContent = error; problem.hidden = !error;
  }
  model.on("state", show);
  show();
}
