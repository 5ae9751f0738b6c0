export function render({ model, el }) {
  const line = make("div", { class: "legend", role: "note", "aria-label": "Legend" });
  el.append(line);
  const entry = ([colour, text]) => make("span", { class: "entry" }, make("i", { style: `background:${colour}` }), text);
  const scale = ({ ramp, low, high }) => [make("span", { class: "end" }, low), make("span", { class: "ramp", style: `background:linear-gradient(to right,${ramp.join(",")})` }), make("span", { class: "end" }, high)];
  function show() {
    const { groups = [] } = model.state;
    line.style.display = groups.length ? "" : "none";
    line.replaceChildren(...groups.map((group) => make("div", { class: "group", "data-tip": group.help || null }, make("b", {}, group.title), ...(group.ramp ? scale(group) : group.entries.map(entry)))));
  }
  model.on("state", show);
  show();
}
