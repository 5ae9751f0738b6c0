export function render({ model, el }) {
  const list = make("ul", { "aria-label": "Candidates of the axis" }), said = make("div", { class: "said", role: "status" });
  const problem = make("div", { class: "problem", role: "alert" });
  el.append(make("div", { class: "box" }, make("h3", { "data-tip": "Places where the rotation axis may fall: every method measures several rows, and those that agree are counted" }, "Axis candidates"), said, problem, list));
  const row = (each, number, chosen) => make("li", {}, make("button", {
    type: "button", "aria-current": number === chosen, "data-choice": number, onclick: () => model.send_msg({ value: number }),
    "data-tip": `Take ${each.centre} px\n${each.method}: ${each.score} of all measurements agree`,
  }, make("img", { src: each.picture, alt: `Slice about ${each.centre} px`, width: 44, height: 44 }),
  make("span", { class: "centre" }, each.centre, make("span", { class: "spread" }, ` ${each.spread}`)), make("span", { class: "score" }, each.score), make("span", { class: "note" }, each.method)));
  function show() {
    const { rows, chosen, busy, error } = model.state;
    said.textContent = busy ? "Measuring several rows ..." : rows.length ? "" : "Find centre measures where the axis falls and lists the likely places here.";
    said.hidden = !said.textContent; problem.textContent = error; problem.hidden = !error;
    list.classList.toggle("stale", busy);
    list.replaceChildren(...rows.map((each, number) => row(each, number, chosen)));
  }
  model.on("state", show);
  show();
}
