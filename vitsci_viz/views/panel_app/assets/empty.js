export function render({ model, el }) {
  const problem = make("div", { class: "problem", role: "alert" });
  const samples = model.fixed.samples.map((sample) => make("button", { type: "button", class: "button", "data-tip": sample.note, onclick: () => model.send_msg({ source: sample.name }) }, icon(ICONS.image), sample.title));
  el.append(make("div", { class: "empty" }, problem, make("h2", {}, "Open an image to begin"),
    make("p", {}, "Choose a file of your own on the left, or start with a sample. The tree of patches appears over it and follows the split value as you move it."),
    make("div", { class: "samples" }, ...samples)));
  const show = () => { problem.textContent = model.state.error || ""; problem.hidden = !model.state.error; };
  model.on("state", show);
  show();
}
