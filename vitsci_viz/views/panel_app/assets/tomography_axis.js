const SPAN = 12;  // pixels on either side that the slider reaches
export function render({ model, el }) {
  let anchor = null, dragging = false, typing = false, queued = null, timer = null;
  const send = (value, done) => model.send_msg({ kind: "centre", value, done });
  // the newest place wins: at most thirty a second, and always the last one
  const later = (value) => {
    queued = value;
    timer ??= setTimeout(() => { timer = null; if (queued !== null) send(queued, false); queued = null; }, 33);
  };
  const bound = (value) => Math.min(Math.max(value, 0), model.state.last);
  const tip = "Where the rotation axis falls on the detector; arrow keys move it by 0.1 px, with Shift by 1 px, with Alt by 0.01 px";
  const label = "Drag the orange line on the projection or the sinogram, or Shift-click where it belongs; then arrow keys move it by 0.1 px";
  const number = make("input", { type: "number", id: "centre", step: "any", min: 0, "aria-label": "Rotation axis in pixels", "data-tip": tip });
  number.addEventListener("input", () => { typing = true; });
  number.addEventListener("blur", () => { typing = false; show(); });
  number.addEventListener("change", () => { typing = false; if (number.value !== "") send(bound(Number(number.value)), true); });
  number.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    move(way * (event.shiftKey ? 1 : event.altKey ? 0.01 : 0.1));
  });
  function move(step) {
    const value = Math.round(bound(Number(number.value) + step) * 1000) / 1000;
    number.value = value.toFixed(2); range.value = value;
    send(value, true);
  }
  const range = make("input", { type: "range", step: 0.05, "aria-label": "Rotation axis, fine", "data-tip": "Drag: the slice follows" });
  range.addEventListener("pointerdown", () => { dragging = true; });
  range.addEventListener("input", () => { number.value = Number(range.value).toFixed(2); later(Number(range.value)); });
  range.addEventListener("change", () => { dragging = false; queued = null; anchor = null; send(Number(range.value), true); });
  const step = (by, label) => make("button", { type: "button", class: `button quiet step ${Math.abs(by) >= 1 ? "far" : ""}`, "aria-label": `Move the axis by ${by} px`, onclick: () => move(by) }, label);
  const find = make("button", { type: "button", class: "button", "data-tip": "Find the axis from the data: 0/180 registration, sinogram metric and sharpness of trial slices on several rows", onclick: () => model.send_msg({ kind: "find" }) }, "Find centre");
  const how = make("span", { class: "how" });
  const view = make("input", { type: "range", min: 0, "aria-label": "View", oninput: () => { model.send_msg({ kind: "view", value: Number(view.value) }); } });
  const said = make("output");
  el.append(make("div", { class: "bar" },
    make("label", { for: "centre", class: "label", "data-tip": label }, make("i", { class: "mark" }), "Axis"), step(-1, "\u22121"), step(-0.1, "\u22120.1"), number, make("span", { class: "muted" }, "px"),
    step(0.1, "+0.1"), step(1, "+1"), range, find, how, make("span", { class: "spacer" }),
    make("div", { class: "view" }, make("span", { class: "label" }, make("i", { class: "mark view-mark" }), "View"), view, said)));
  function show() {
    const { centre, last, how: words, busy, view: at, views, angle } = model.state;
    const ready = views > 0;
    for (const each of el.getRootNode().querySelectorAll?.("input, button") ?? []) each.disabled = !ready;
    for (const each of [number, range, view]) each.disabled = !ready;
    if (!typing && !dragging) number.value = ready ? centre.toFixed(2) : "";
    number.max = last;
    if (anchor === null || Math.abs(centre - anchor) > SPAN) {
      anchor = centre;
      range.min = Math.max(0, anchor - SPAN); range.max = Math.min(last, anchor + SPAN);
    }
    if (!dragging) range.value = centre;
    find.disabled = !ready || busy; find.textContent = busy ? "Finding \u2026" : "Find centre";
    how.textContent = words; how.dataset.tip = words;
    view.max = Math.max(0, views - 1);
    if (el.getRootNode().activeElement !== view) view.value = at;
    said.textContent = ready ? `${grouped(at)}, ${angle}` : "";
  }
  model.on("state", show);
  show();
}
