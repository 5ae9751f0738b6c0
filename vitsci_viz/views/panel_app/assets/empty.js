export function render({ model, el }) {
  const problem = make("div", { class: "problem", role: "alert" }), title = make("h2"), text = make("p"), samples = make("div", { class: "samples" });
  el.append(make("div", { class: "empty" }, problem, title, text, samples));
  const open = (sample) => make("button", { type: "button", class: "button", "data-tip": sample.note, onclick: () => model.send_msg({ source: sample.name }) }, icon(ICONS.image), sample.title);
  const show = () => {
    const { error = "", title: what = "", text: how = "", samples: offered = [] } = model.state;
    problem.textContent = error; problem.hidden = !error;
    title.textContent = what; text.textContent = how;
    samples.replaceChildren(...offered.map(open));
  };
  model.on("state", show);
  show();
}
