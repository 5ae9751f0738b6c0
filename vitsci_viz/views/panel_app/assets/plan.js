export function render({ model, el }) {
  const problem = make("div", { class: "problem", role: "alert" });
  const title = make("h2");
  const recipe = make("button", { type: "button", class: "button quiet", "data-tip": "The recipe of this setting: copy, save, load", onclick: () => model.send_msg({ kind: "recipe" }) }, icon(ICONS.code), "Recipe");
  const sets = model.fixed.sets.map((set) => make("button", { type: "button", class: "button", "data-tip": set.note, onclick: () => model.send_msg({ kind: "open", source: set.name }) }, icon(ICONS.image), set.title));
  const guide = make("div", {},
    make("ol", {}, make("li", {}, "Choose images and masks on the left, or begin with a generated set:"),
      make("li", {}, "Set patches and model on the left; tokens, memory and time on the right follow at once."),
      make("li", {}, "Start training. The run is a job of its own: it goes on when this tab is closed.")),
    make("div", { class: "sets" }, ...sets));
  el.append(make("div", { class: "box" }, make("div", { class: "top" }, title, recipe), problem, guide));
  function show() {
    const { source, error } = model.state;
    title.textContent = source ? source.replace(/^sample:/, "") : "Train a model";
    guide.hidden = Boolean(source); recipe.hidden = !source;
    problem.textContent = error || ""; problem.hidden = !error;
  }
  model.on("state", show);
  show();
}
