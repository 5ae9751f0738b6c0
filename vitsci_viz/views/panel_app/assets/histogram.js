export function render({ model, el }) {
  const WIDTH = 288, HEIGHT = 84;
  const send = (low, high, done) => model.send_msg({ kind: "span", low, high, done });
  const area = make("path", { class: "area" }), shown = make("rect", { class: "shown", y: 0, height: HEIGHT });
  const ramp = make("path", { class: "ramp" });
  const handle = (name) => make("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": name === "low" ? "Value shown as black" : "Value shown as white", "data-name": name },
    make("rect", { class: "reach", x: -7, y: 0, width: 14, height: HEIGHT }), make("line", { y1: 0, y2: HEIGHT }), make("rect", { class: "grip", x: -4, y: HEIGHT / 2 - 11, width: 8, height: 22, rx: 3 }));
  const handles = { low: handle("low"), high: handle("high") };
  const plot = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "plot" }, shown, area, ramp, handles.low, handles.high);
  const ends = [make("span", {}), make("span", {})];
  const number = (name, label) => make("input", { type: "number", step: "any", "aria-label": label, onchange: () => typed(name) });
  const inputs = { low: number("low", "Black"), high: number("high", "White") };
  const log = make("input", { type: "checkbox", class: "switch", id: "log", onchange: () => draw() });
  const button = (text, tip, what) => make("button", { type: "button", class: "button", "data-tip": tip, onclick: () => { const [low, high] = model.state[what]; take(low, high, true); } }, text);
  const box = make("div", { class: "histogram", role: "region", "aria-label": "Histogram" },
    make("h3", {}, make("b", {}, "Histogram"), make("label", { class: "log", "data-tip": "Counts on a logarithmic scale: rare values are seen beside frequent ones" }, "log", log)),
    make("div", { class: "frame" }, plot), make("div", { class: "ends" }, ...ends),
    make("div", { class: "row" }, make("label", {}, make("i", { class: "black" }), inputs.low), make("label", {}, make("i", { class: "white" }), inputs.high),
      button("Auto", "All but the outermost 0.1 % of the values at either end", "auto"), button("Full", "From the least value to the largest", "full")));
  const note = make("div", { class: "note" });
  box.append(note);
  el.append(box);
  let span = [0, 1], dragged = null, timer = null, asked = 0;
  const text = (value) => Number(value.toPrecision(4)).toLocaleString("en-US", { maximumSignificantDigits: 4 });
  const at = (value) => { const { low, high } = model.state; return (value - low) / (high - low) * WIDTH; };
  function place() {
    const [x0, x1] = span.map((value) => Math.min(Math.max(at(value), 0), WIDTH));
    shown.setAttribute("x", x0); shown.setAttribute("width", Math.max(0, x1 - x0));
    ramp.setAttribute("d", `M${x0} ${HEIGHT}L${x1} 0`);
    for (const [name, x, value] of [["low", x0, span[0]], ["high", x1, span[1]]]) {
      handles[name].setAttribute("transform", `translate(${x})`);
      for (const [key, said] of [["valuenow", value], ["valuemin", model.state.low], ["valuemax", model.state.high]]) handles[name].setAttribute(`aria-${key}`, Number(said.toPrecision(4)));
      if (el.getRootNode().activeElement !== inputs[name]) inputs[name].value = Number(value.toPrecision(4));
    }
  }
  function take(low, high, done) {
    const least = (model.state.high - model.state.low) / 256;
    if (!(high - low >= least)) [low, high] = dragged === "low" ? [high - least, high] : [low, low + least];
    span = [low, high];
    place();
    clearTimeout(timer);
    const wait = done ? 0 : Math.max(0, 40 - (performance.now() - asked));
    timer = setTimeout(() => { asked = performance.now(); send(...span, done); }, wait);
  }
  function typed(name) {
    const value = Number(inputs[name].value);
    if (inputs[name].value === "" || !Number.isFinite(value)) { place(); return; }
    dragged = name;
    take(name === "low" ? value : span[0], name === "high" ? value : span[1], true);
    dragged = null; place();
  }
  const value_at = (event) => {
    const edge = plot.getBoundingClientRect(), { low, high } = model.state;
    return low + Math.min(Math.max((event.clientX - edge.left) / edge.width, 0), 1) * (high - low);
  };
  for (const [name, node] of Object.entries(handles)) {
    const step = (event) => (model.state.high - model.state.low) / (event.shiftKey ? 20 : 200) * ({ ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key] || 0);
    node.addEventListener("keydown", (event) => {
      const by = step(event);
      if (!by) return;
      event.preventDefault(); dragged = name;
      take(span[0] + (name === "low" ? by : 0), span[1] + (name === "high" ? by : 0), true);
      dragged = null;
    });
  }
  plot.addEventListener("pointerdown", (event) => {
    const value = value_at(event), x = at(value);
    const taken = event.target.closest(".handle")?.dataset.name;
    const inside = at(span[0]) < x && x < at(span[1]);
    dragged = taken || (inside ? "both" : x <= at(span[0]) ? "low" : "high");
    const start = { value, span: [...span] };
    if (taken) handles[taken].focus();
    plot.setPointerCapture(event.pointerId);
    const move = (moved, done) => {
      const now = value_at(moved), by = now - start.value;
      if (dragged === "both") take(start.span[0] + by, start.span[1] + by, done);
      else take(dragged === "low" ? now : span[0], dragged === "high" ? now : span[1], done);
    };
    const onmove = (moved) => move(moved, false);
    const onend = (ended) => {
      plot.removeEventListener("pointermove", onmove); plot.removeEventListener("pointerup", onend); plot.removeEventListener("pointercancel", onend);
      move(ended, true); dragged = null;
    };
    plot.addEventListener("pointermove", onmove); plot.addEventListener("pointerup", onend); plot.addEventListener("pointercancel", onend);
  });
  plot.addEventListener("dblclick", () => { const [low, high] = model.state.auto; take(low, high, true); });
  let drawn = null;
  function draw() {
    const { counts = [] } = model.state;
    const scaled = counts.map((count) => (log.checked ? Math.log1p(count) : count));
    const sorted = [...scaled].sort((a, b) => a - b);
    const top = log.checked ? sorted.at(-1) || 1 : Math.max(sorted[Math.floor(sorted.length * 0.985)] || 0, (sorted.at(-1) || 1) / 4, 1e-9);
    const step = WIDTH / Math.max(1, counts.length);
    area.setAttribute("d", `M0 ${HEIGHT}` + scaled.map((value, n) => `V${(HEIGHT * (1 - Math.min(1, value / top))).toFixed(1)}H${((n + 1) * step).toFixed(1)}`).join("") + `V${HEIGHT}Z`);
  }
  function show() {
    const state = model.state;
    box.style.display = state.counts?.length ? "" : "none";
    if (!state.counts?.length) return;
    if (drawn !== state.counts) { drawn = state.counts; draw(); }
    box.querySelector("b").textContent = state.title || "Histogram";
    ends[0].textContent = text(state.low); ends[1].textContent = text(state.high);
    note.textContent = state.note || ""; note.hidden = !state.note;
    if (dragged === null) span = [...state.span];
    place();
  }
  model.on("state", show);
  show();
}
