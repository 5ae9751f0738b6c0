export function render({ model, el }) {
  const text = make("pre", { tabindex: 0, role: "log", "aria-label": "Log of the run" });
  el.append(make("div", { class: "box" }, make("h3", {}, "Log"), text));
  let shown = null;
  function show() {
    const words = model.state.text || (model.state.is_going ? "Starting ..." : "No log: the run was started elsewhere.");
    if (words === shown) return;
    const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 24;
    text.textContent = shown = words;
    if (atEnd) text.scrollTop = text.scrollHeight;
  }
  model.on("state", show);
  show();
}
