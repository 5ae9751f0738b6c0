export function render({ model, el }) {
  const text = make("input", { type: "text", id: "angles", spellcheck: "false", autocomplete: "off", placeholder: "0:180:721, or a file", "data-tip": "START:STOP:COUNT, views at equal steps without STOP; or a text file or .npy below the data root. Empty takes those of the scan." });
  const unit = make("select", { "aria-label": "Unit of the angles", "data-tip": "auto tells it from the turn that they cover" }, ...[["auto", "unit: auto"], ["deg", "degrees"], ["rad", "radians"]].map(([value, title]) => make("option", { value }, title)));
  const take = () => model.send_msg({ text: text.value, unit: unit.value });
  text.addEventListener("keydown", (event) => { if (event.key === "Enter") take(); });
  const box = make("div", { class: "box" }, make("label", { for: "angles" }, "Angles of the views"),
    text, make("div", { class: "line" }, unit, make("button", { type: "button", class: "button", onclick: take }, "Use these")));
  el.append(box);
  function show() {
    const { text: words, unit: chosen, shown } = model.state;
    box.hidden = !shown;
    if (el.getRootNode().activeElement !== text) text.value = words;
    unit.value = chosen;
  }
  model.on("state", show);
  show();
}
