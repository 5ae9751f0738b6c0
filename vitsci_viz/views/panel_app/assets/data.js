export function render({ model, el }) {
  const { sets, root } = model.fixed;
  let tab = "sets";
  const name = make("div", { class: "name" }), facts = make("div", { class: "facts" });
  const problem = make("div", { class: "problem", role: "alert" });
  const choose = (source) => model.send_msg({ kind: "choose", source });
  const open = () => { fill(); dialog.showModal(); };
  el.append(make("div", { class: "card" }, make("div", { class: "what" }, name, facts),
    make("button", { type: "button", class: "button", onclick: open }, icon(ICONS.folder), "Choose data"), problem));

  const body = make("div", { class: "body", role: "tabpanel" }), foot = make("div", { class: "foot" });
  const tabs = make("div", { class: "tabs", role: "tablist" });
  const dialog = make("dialog", { "aria-labelledby": "data-title", onclick: (event) => { if (event.target === dialog) dialog.close(); } },
    make("div", { class: "head" }, make("h2", { id: "data-title" }, "Choose images and masks"), make("button", { type: "button", class: "button quiet", "aria-label": "Close", onclick: () => dialog.close() }, icon(ICONS.close))), tabs, body, foot);
  el.append(dialog);

  function line(path, label, sub, end, act) {
    return make("li", {}, make("button", { type: "button", onclick: act }, icon(path), make("span", {}, label, sub ? make("span", { class: "sub" }, sub) : null), make("span", { class: "size" }, end || "")));
  }
  function fill() {
    const known = [["sets", "Generated"], ["recent", "Recent"], ...(root ? [["browse", "Browse"]] : [])];
    tabs.replaceChildren(...known.map(([key, label]) => make("button", { type: "button", role: "tab", "aria-selected": key === tab, onclick: () => { tab = key; fill(); } }, label)));
    body.replaceChildren(...{ sets: setList, recent: recentList, browse: folderList }[tab]());
    if (tab === "browse" && !model.state.folder) model.send_msg({ kind: "browse", path: "" });
  }
  const hint = root ? "" : "Folders of your own: start the server with vitsci-viz serve --root FOLDER.";
  const setList = () => [make("ul", { class: "list" }, ...sets.map((set) => line(ICONS.image, set.title, set.note, "", () => choose(set.name)))), ...(hint ? [make("p", { class: "muted" }, hint)] : [])];
  function recentList() {
    const recent = model.state.recent || [];
    if (!recent.length) return [make("p", { class: "muted" }, "Nothing opened yet.")];
    return [make("ul", { class: "list" }, ...recent.map((source) => line(ICONS.folder, source, "", "", () => choose(source))))];
  }
  function folderList() {
    const folder = model.state.folder;
    if (!folder) return [make("p", { class: "muted" }, "Reading the folder ...")];
    const go = (path) => model.send_msg({ kind: "browse", path });
    const typed = make("input", { type: "text", "aria-label": "Folder or CSV below the data root", placeholder: "Folder or CSV below the data root", value: folder.path });
    const take = () => choose(typed.value.trim());
    typed.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(); } });
    const crumbs = folder.parents.flatMap(([label, path], i) => [i ? make("span", { class: "muted" }, "/") : null, make("button", { type: "button", onclick: () => go(path) }, label)]);
    const lines = folder.entries.map((entry) => line(entry.is_folder ? ICONS.folder : ICONS.file, entry.name, entry.is_data ? (entry.is_folder ? "images and masks" : "table: image, mask, group") : "", "", () => (entry.is_data ? choose(entry.path) : go(entry.path))));
    const empty = lines.length ? [] : [make("p", { class: "muted" }, "No folder or table here.")];
    return [
      make("p", { class: "muted" }, "A folder with images/ and masks/ of equal names, or a CSV with the columns image, mask and, if known, group (patient or slide)."),
      make("div", { class: "path" }, typed, make("button", { type: "button", class: "button", onclick: take }, "Open")), make("div", { class: "crumbs" }, ...crumbs), make("ul", { class: "list" }, ...lines), ...empty];
  }
  let opened = 0, folder = null;
  function show() {
    const state = model.state;
    name.textContent = state.source ? state.source.replace(/^sample:/, "") : "No data";
    name.dataset.tip = state.source || "";
    const lines = state.facts.length ? state.facts : ["Images and masks to learn from: a generated set, or your own."];
    facts.replaceChildren(...lines.map((text) => make("div", {}, text)));
    const words = state.error || "";
    problem.textContent = words; problem.style.display = words && !dialog.open ? "" : "none";
    foot.replaceChildren(...(words ? [make("div", { class: "problem", role: "alert" }, words)] : []));
    if (state.opened !== opened) { opened = state.opened; dialog.close(); }
    if (state.folder !== folder) { folder = state.folder; if (dialog.open && tab === "browse") fill(); }
  }
  dialog.addEventListener("close", show);
  model.on("state", show);
  show();
}
