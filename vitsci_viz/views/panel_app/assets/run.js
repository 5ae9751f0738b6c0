export function render({ model, el }) {
  const send = (value) => model.send_msg({ kind: "action", value });
  const button = (name, label, tip, extra = "") => make("button", { type: "button", class: `button ${extra}`, "data-action": name, "data-tip": tip, onclick: () => send(name) }, label);
  const title = make("span", { class: "title" }), state = make("span", { class: "state", role: "status" });
  const buttons = [
    button("stop", "Stop", "Finishes the step, saves and stops; Resume goes on from there"),
    button("resume", "Resume", "Goes on from the last checkpoint with the very same curve", "primary"),
    button("adopt", "Use setting", "Puts the data and the setting of this run into the form", "quiet"),
    button("metrics", "CSV", "Download every step: loss, Dice, seconds, memory", "quiet"),
    button("recipe", "Recipe", "The recipe of this run", "quiet"),
  ];
  const segment = make("a", { class: "button", "data-tip": "Predictions of this run beside the truth" }, "Open in Segment");
  const fill = make("i"), bar = make("div", { class: "bar" }, fill);
  const facts = make("div", { class: "facts" });
  const axes = ["steps", "minutes"].map((name) => make("button", { type: "button", "data-axis": name, onclick: () => model.send_msg({ kind: "axis", value: name }) }, name));
  const axis = make("span", { class: "segments", role: "group", "aria-label": "What the curves are drawn against" }, ...axes);
  const note = make("span", { class: "note" });
  el.append(make("div", { class: "box" }, make("div", { class: "top" }, title, state, make("span", { class: "spacer" }), ...buttons, segment), bar,
    make("div", { class: "row" }, facts, note, axis)));
  function show() {
    const { name, state: word, note: words, part, facts: rows, can, axis: chosen, link } = model.state;
    title.textContent = name; title.dataset.tip = name;
    state.textContent = word; state.className = `state ${word}`;
    for (const each of buttons) each.hidden = !can.includes(each.dataset.action);
    segment.hidden = !link; if (link) segment.href = link;
    bar.style.visibility = word === "done" || !part ? "hidden" : "visible"; fill.style.width = `${100 * part}%`;
    facts.replaceChildren(...rows.map(([label, value, help]) => make("span", { "data-tip": help, "data-reading": label }, `${label} `, make("b", {}, value))));
    note.textContent = words; note.dataset.tip = words;
    for (const each of axes) each.setAttribute("aria-pressed", each.dataset.axis === chosen);
  }
  model.on("state", show);
  show();
}
