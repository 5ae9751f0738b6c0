export function render({ model, el }) {
  const text = make("textarea", { spellcheck: "false", "aria-label": "Recipe as YAML" });
  const problem = make("div", { class: "problem", role: "alert" });
  const copy = make("button", { type: "button", class: "button", onclick: async () => {
    text.select();
    try { await navigator.clipboard.writeText(text.value); } catch { document.execCommand("copy"); }
    said.textContent = "Copied"; setTimeout(() => { said.textContent = ""; }, 1500);
  } }, icon(ICONS.copy), "Copy");
  const save = make("button", { type: "button", class: "button", onclick: () => download("recipe.yaml", "application/yaml", [text.value]) }, icon(ICONS.save), "Save");
  const pick = make("input", { type: "file", accept: ".yaml,.yml", hidden: true, "aria-label": "Recipe file", onchange: async () => { if (pick.files[0]) { text.value = await pick.files[0].text(); pick.value = ""; apply(); } } });
  const load = make("button", { type: "button", class: "button", onclick: () => pick.click() }, icon(ICONS.folder), "Load");
  const use = make("button", { type: "button", class: "button primary", onclick: () => apply() }, "Apply");
  const said = make("span", { class: "muted", role: "status" });
  const apply = () => model.send_msg({ kind: "apply", text: text.value });
  const dialog = make("dialog", { "aria-labelledby": "recipe-title", onclick: (event) => { if (event.target === dialog) dialog.close(); } },
    make("div", { class: "head" }, make("h2", { id: "recipe-title" }, "Recipe"), make("button", { type: "button", class: "button quiet", "aria-label": "Close", onclick: () => dialog.close() }, icon(ICONS.close))),
    make("p", {}, "What is on screen, as a file. Repeat it with: vitsci-viz run recipe.yaml"), text,
    make("div", { class: "actions" }, problem, use, copy, save, load, pick, said));
  el.append(dialog);
  let opened = 0, shown = null;
  function show() {
    const { text: words = "", error = "", opened: count = 0, closed = 0 } = model.state;
    if (words !== shown) { text.value = words; shown = words; }
    problem.textContent = error; problem.style.display = error ? "" : "none";
    if (count > opened) { opened = count; if (!dialog.open) dialog.showModal(); }
    if (closed >= opened && dialog.open && closed) dialog.close();
  }
  model.on("state", show);
  show();
}
