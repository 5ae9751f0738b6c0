export function render({ model, el }) {
  const text = make("span", { class: "text", role: "status" }), clock = make("span", { class: "clock" });
  const bar = make("progress", { "aria-label": "Progress" }), memory = make("span", { class: "memory", "data-tip": "Memory this server holds now" });
  const stop = make("button", { class: "button", type: "button", onclick: () => model.send_msg({ kind: "cancel" }) }, "Cancel");
  const offer = make("button", { class: "button offer", type: "button", onclick: () => model.send_msg({ kind: "offer" }) });
  const line = make("div", { class: "line" }, make("span", { class: "dot" }), text, bar, clock, stop, offer, memory);
  el.append(line);
  let started = 0;
  function tick() {
    const busy = model.state.level === "busy", seconds = (performance.now() - started) / 1000;
    const { done = 0, total = 0 } = model.state;
    const rate = total > 1 && done > 1 && seconds > 1 ? `, ${(done / seconds).toPrecision(2)}/s` : "";
    clock.textContent = busy && seconds > 0.5 ? `${seconds.toFixed(1)} s${rate}` : "";
    stop.hidden = !busy || seconds < 1;
    bar.hidden = !busy || seconds < 0.5;
    if (busy) requestAnimationFrame(tick);
  }
  let last = null;
  function show() {
    const { level, text: words = "", stage = "", done = 0, total = 0, since = null, memory: held, offer: offered = "" } = model.state;
    line.dataset.level = level;
    const count = total > 1 ? `${grouped(done)} of ${grouped(total)}` : "";
    text.textContent = [words, level === "busy" ? [stage, count].filter(Boolean).join(" ") : ""].filter(Boolean).join(": ");
    text.dataset.tip = words.length > 60 ? words : "";
    if (total > 1) { bar.max = total; bar.value = done; } else bar.removeAttribute("value");
    offer.textContent = offered; offer.hidden = level !== "idle" || !offered;
    memory.textContent = held ? `${grouped(held)} MiB` : "";
    if (since && since !== last) started = performance.now();
    last = since;
    tick();
  }
  model.on("state", show);
  show();
}
