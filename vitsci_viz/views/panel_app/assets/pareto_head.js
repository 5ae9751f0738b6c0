export function render({ model, el }) {
  const { rule, mark } = model.fixed;
  const run = make("button", { type: "button", class: "button primary", onclick: () => model.send_msg({ kind: "run" }) });
  const axes = [["tokens", "Tokens"], ["step_flops", "Step cost"]].map(([value, label]) => make("button", { type: "button", "data-value": value, onclick: () => model.send_msg({ kind: "cost", value }) }, label));
  const axis = make("span", { class: "segments", role: "group", "aria-label": "Cost on the horizontal axis" }, ...axes);
  const legend = make("div", { class: "legend" });
  const csv = make("button", { type: "button", class: "button quiet", onclick: () => model.send_msg({ kind: "csv" }) }, icon(ICONS.save), "CSV");
  const advice = make("div", { class: "rule" }, make("i", { class: "diamond", style: `border-color:${mark}` }), rule);
  el.append(make("div", { class: "strip" }, run, axis, legend, make("span", { class: "spacer" }), csv), advice);
  const parts = [];
  model.on("msg:custom", (message) => {
    parts.push(message.data);
    if (message.last) download(message.name, message.mime, parts.splice(0));
  });
  function show() {
    const { legend: entries = [], count = 0, running, cost, advises } = model.state;
    run.textContent = running ? "Running ..." : count ? "Run again" : "Run the sweep";
    run.disabled = Boolean(running); csv.disabled = !count;
    for (const each of axes) each.setAttribute("aria-pressed", each.dataset.value === cost);
    advice.hidden = !advises;
    legend.replaceChildren(...(entries.length ? [make("span", {}, "Token")] : []), ...entries.map(({ colour, text }) => make("span", {}, make("i", { style: `background:${colour}` }), text)), ...(entries.length ? [make("span", {}, make("i", { class: "square" }), "uniform")] : []));
  }
  model.on("state", show);
  show();
}
