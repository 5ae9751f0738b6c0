const PIECE = 1 << 20;
const size = (bytes) => (bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : bytes >= 2 ** 20 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${Math.max(1, Math.round(bytes / 1024))} KiB`);

export function render({ model, el }) {
  const { samples, root, limit, what = "image" } = model.fixed;
  const hasMask = what === "image", an = hasMask ? "an" : "a";
  let role = "image", tab = "samples", upload = null;
  const name = make("div", { class: "name" }), facts = make("div", { class: "facts" }), maskName = make("span", { class: "value" });
  const drop = make("button", { type: "button", class: "button quiet", "aria-label": "Remove the mask", "data-tip": "Remove the mask", onclick: () => choose("mask", "") }, icon(ICONS.close));
  const mask = make("div", { class: "mask" }, "Mask", maskName, drop);
  const problem = make("div", { class: "problem", role: "alert" });
  const open = (which) => { role = which; title.textContent = which === "mask" ? "Choose a mask" : `Choose ${an} ${what}`; if (which === "mask" && tab === "samples") tab = root ? "browse" : "upload"; fill(); dialog.showModal(); };
  const card = make("div", { class: "card" },
    make("div", { class: "what" }, name, facts), mask,
    make("div", { class: "buttons" },
      make("button", { type: "button", class: "button", onclick: () => open("image") }, icon(ICONS.image), `Open ${what}`),
      hasMask ? make("button", { type: "button", class: "button", "data-tip": "Class indices beside the image: shows the best Dice that tokens can reach", onclick: () => open("mask") }, icon(ICONS.plus), "Mask") : null),
    problem);

  const title = make("h2", { id: "source-title" });
  const body = make("div", { class: "body", role: "tabpanel" }), foot = make("div", { class: "foot" });
  const tabs = make("div", { class: "tabs", role: "tablist" });
  const dialog = make("dialog", { "aria-labelledby": "source-title", onclick: (event) => { if (event.target === dialog) dialog.close(); } },
    make("div", { class: "head" }, title, make("button", { type: "button", class: "button quiet", "aria-label": "Close", onclick: () => dialog.close() }, icon(ICONS.close))), tabs, body, foot);
  el.append(card, dialog);

  function choose(which, source) { model.send_msg({ kind: "choose", role: which, source }); }
  function line(path, label, sub, end, act) {
    return make("li", {}, make("button", { type: "button", onclick: act }, icon(path), make("span", {}, label, sub ? make("span", { class: "sub" }, sub) : null), make("span", { class: "size" }, end || "")));
  }
  function fill() {
    const known = [...(role === "image" ? [["samples", "Samples"], ["recent", "Recent"]] : []), ...(root ? [["browse", "Browse"]] : []), ["upload", "Upload"]];
    if (!known.some(([key]) => key === tab)) tab = known[0][0];
    tabs.replaceChildren(...known.map(([key, label]) => make("button", { type: "button", role: "tab", "aria-selected": key === tab, onclick: () => { tab = key; fill(); } }, label)));
    body.replaceChildren(...{ samples: sampleList, recent: recentList, browse: folderList, upload: uploadBox }[tab]());
    if (tab === "browse" && !model.state.folder) model.send_msg({ kind: "browse", path: "" });
  }
  const sampleList = () => [make("ul", { class: "list" }, ...samples.map((s) => line(ICONS.image, s.title, s.note, s.mask ? "with mask" : "", () => choose("image", s.name))))];
  function recentList() {
    const recent = model.state.recent || [];
    if (!recent.length) return [make("p", { class: "muted" }, "Nothing opened yet.")];
    return [make("ul", { class: "list" }, ...recent.map((source) => line(ICONS.file, source.replace(/^upload:/, ""), "", "", () => choose("image", source))))];
  }
  function folderList() {
    const folder = model.state.folder;
    if (!folder) return [make("p", { class: "muted" }, "Reading the folder ...")];
    const go = (path) => model.send_msg({ kind: "browse", path });
    const typed = make("input", { type: "text", "aria-label": "Path below the data root", placeholder: "Path below the data root", value: folder.path });
    const take = () => choose(role, typed.value.trim());
    typed.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(); } });
    const crumbs = folder.parents.flatMap(([label, path], i) => [i ? make("span", { class: "muted" }, "/") : null, make("button", { type: "button", onclick: () => go(path) }, label)]);
    const lines = folder.entries.map((entry) => line(entry.is_folder ? ICONS.folder : ICONS.file, entry.name, "", entry.bytes ? size(entry.bytes) : "", () => (entry.is_folder ? go(entry.path) : choose(role, entry.path))));
    const note = folder.hidden ? [make("p", { class: "muted" }, `${grouped(folder.hidden)} other files are of no known kind.`)] : [];
    const empty = lines.length ? [] : [make("p", { class: "muted" }, `No ${what} in this folder.`)];
    return [make("div", { class: "path" }, typed, make("button", { type: "button", class: "button", onclick: take }, "Open")), make("div", { class: "crumbs" }, ...crumbs), make("ul", { class: "list" }, ...lines), ...empty, ...note];
  }
  function uploadBox() {
    const input = make("input", { type: "file", hidden: true, "aria-label": "File to upload", onchange: () => input.files[0] && start(input.files[0]) });
    const bar = make("progress", { max: 1, value: 0, "aria-label": "Upload" });
    bar.hidden = !upload;
    const zone = make("div", { class: "drop" }, make("div", {}, "Drop a file here, or"), make("button", { type: "button", class: "button primary", onclick: () => input.click() }, "Choose a file"), make("div", { class: "muted" }, `Up to ${size(limit)}. Larger files: put them below the data root.`), bar, input);
    zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over"); };
    zone.ondragleave = () => zone.classList.remove("over");
    zone.ondrop = (event) => { event.preventDefault(); zone.classList.remove("over"); if (event.dataTransfer.files[0]) start(event.dataTransfer.files[0]); };
    return [zone];
  }
  function start(file) {
    upload = { file, at: 0, role };
    model.send_msg({ kind: "upload", name: file.name, size: file.size });
  }
  async function next() {
    if (!upload) return;
    const { file, at } = upload;
    const data = await file.slice(at, at + PIECE).arrayBuffer();
    upload.at += data.byteLength;
    const bar = body.querySelector("progress");
    if (bar) { bar.hidden = false; bar.value = upload.at / Math.max(1, file.size); }
    const last = upload.at >= file.size, which = upload.role;
    if (last) upload = null;
    model.send_msg({ kind: "piece", data, last, role: which });
  }
  let opened = 0, folder = null;
  function show() {
    const state = model.state;
    name.textContent = state.image ? state.image.name : `No ${what}`;
    name.dataset.tip = state.image ? state.image.source : "";
    facts.textContent = state.image ? state.image.facts : "Open a sample or a file of your own.";
    mask.style.display = state.mask ? "" : "none";
    maskName.textContent = state.mask ? state.mask.name : "";
    if (state.received < 0) upload = null;
    const words = state.error || "";
    problem.textContent = words; problem.style.display = words && !dialog.open ? "" : "none";
    const bar = body.querySelector("progress");
    if (bar && words) bar.hidden = true;
    foot.replaceChildren(...(words ? [make("div", { class: "problem", role: "alert" }, words)] : []));
    if ((state.opened || 0) !== opened) { opened = state.opened; dialog.close(); if (tab === "recent") fill(); }
    if (state.folder !== folder) { folder = state.folder; if (dialog.open && tab === "browse") fill(); }
  }
  dialog.addEventListener("close", show);
  model.on("msg:custom", (message) => { if (message.kind === "ready") next(); });
  model.on("state", show);
  show();
}
