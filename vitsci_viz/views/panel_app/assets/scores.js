export function render({ model, el }) {
  const send = (kind, value = "") => model.send_msg({ kind, value });
  const top = make("div", { class: "block", role: "region", "aria-label": "Scores" });
  const all = make("div", { class: "block", role: "region", "aria-label": "Scores of all images" });
  const list = make("div", { class: "list" });
  el.append(make("div", { class: "scores" }, top, list, all));
  const tips = {
    Dice: "2 x overlap over the sum of both areas; 1 is perfect. A class that is neither there nor predicted is left out.",
    IoU: "Overlap over the union of both areas.",
    missed: "Share of the true pixels of the class that are predicted as something else (false negatives).",
    false: "Share of the predicted pixels of the class that are something else (false positives).",
  };
  function means({ mean, change }, words, tip) {
    const value = (text, letter, isSecond) => make("span", { class: `big${isSecond ? " b" : ""}`, "data-reading": `Mean Dice${letter}` }, text, make("small", {}, letter || " Dice"));
    return make("div", { "data-tip": tip }, mean.length > 1
      ? make("div", { class: "pair" }, value(mean[0], " A", false), value(mean[1], " B", true), make("span", { class: "note" }, `B ${change}`))
      : value(mean[0], "", false), words ? make("div", { class: "note" }, words) : null);
  }
  function classes(rows, isPair) {
    const columns = isPair ? ["Dice A", "Dice B"] : ["Dice", "IoU", "missed", "false"];
    const cells = (row) => (isPair ? row.dice : [row.dice[0], row.iou[0], row.missed, row.false]);
    return make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Class"), ...columns.map((name) => make("th", { scope: "col", "data-tip": tips[name.split(" ")[0]] }, name)))),
      make("tbody", {}, ...rows.map((row) => make("tr", { "data-class": row.name, "data-tip": row.pixels },
        make("td", {}, make("span", { class: "swatch", style: `background:${row.colour}` }), row.name),
        ...cells(row).map((text, at) => make("td", { class: at === 0 || isPair ? "strong" : "" }, text))))));
  }
  function showImage({ image, remarks = [], nothing = "", stale }) {
    top.classList.toggle("stale", Boolean(stale));
    top.setAttribute("aria-busy", Boolean(stale));
    const parts = image
      ? [make("h3", {}, "This image"), means(image, image.classes.length > 1 ? "mean over the classes, without background" : "", "Dice of the image on screen, mean over its classes without background"), classes(image.classes, image.mean.length > 1)]
      : [make("div", { class: "empty" }, nothing)];
    top.replaceChildren(...parts, ...remarks.map((text) => make("div", { class: "remark" }, text)));
  }
  function change(text) {
    return make("span", { class: text.startsWith("+") ? "plus" : text.startsWith("-") ? "minus" : "" }, text);
  }
  function line(row, current, isPair) {
    const value = row.problem ? "failed" : isPair && row.second !== "" ? change(row.change) : row.known ? row.value : "\u2026";
    const tip = row.problem || [row.name, row.note, isPair ? `A ${row.value}, B ${row.second}` : ""].filter(Boolean).join("\n");
    return make("li", { class: row.problem ? "failed" : "" }, make("button", { type: "button", "aria-current": row.key === current, "data-key": row.key, "data-tip": tip, onclick: () => send("pick", row.key) },
      make("span", { class: "who" }, row.name, row.note ? make("small", {}, row.note) : null),
      make("span", { class: "bar", "aria-hidden": "true" }, make("i", { style: `width:${100 * row.part}%` })),
      make("span", { class: "value" }, value)));
  }
  function showList({ rows = [], more = 0, current, split, splits = [], waiting = 0, running, versus }) {
    list.hidden = !splits.length && !rows.length;
    const isPair = rows.some((row) => row.change !== "");
    const held = list.querySelector("ol"), at = held ? held.scrollTop : 0;
    const focused = list.getRootNode().activeElement?.dataset?.key;
    const tabs = splits.map(({ name, title, count }) => make("button", { type: "button", "aria-pressed": name === split, disabled: !count, "data-tip": `${grouped(count)} images`, onclick: () => send("split", name) }, title));
    const order = isPair ? "where B loses most first" : "worst first";
    list.replaceChildren(
      make("div", { class: "head" }, make("h3", {}, "Images"), make("div", { class: "segments", role: "group", "aria-label": "Images listed" }, ...tabs)),
      make("div", { class: "note" }, [order, versus].filter(Boolean).join("; ")),
      make("ol", { "aria-label": "Images" }, ...rows.map((row) => line(row, current, isPair))),
      ...(more ? [make("div", { class: "note" }, `and ${grouped(more)} more`)] : []),
      ...(waiting ? [make("div", { class: "foot" }, make("span", { class: "note" }, running ? `${grouped(waiting)} still to be scored` : `${grouped(waiting)} without a score`), running ? null : make("button", { type: "button", class: "button", onclick: () => send("continue") }, "Score them"))] : []));
    const next = list.querySelector("ol");
    if (next) next.scrollTop = at;
    if (focused) [...list.querySelectorAll("button[data-key]")].find((each) => each.dataset.key === focused)?.focus();
  }
  function showAll({ every }) {
    all.replaceChildren(...(every && every.images > 1
      ? [make("h3", {}, `Over ${grouped(every.images)} images`), means(every, "mean over the images", "Mean over the images of the list that are scored"), classes(every.classes, every.mean.length > 1)]
      : []));
  }
  function step(direction) {
    const { rows = [], current } = model.state;
    const at = rows.findIndex((row) => row.key === current), next = rows[at + direction];
    if (next) send("pick", next.key);
  }
  const keys = (event) => {
    const typing = event.composedPath().some((each) => each.matches && each.matches("input, textarea, select, dialog"));
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n") step(1);
    if (event.key === "p") step(-1);
  };
  document.addEventListener("keydown", keys);
  model.on("remove", () => document.removeEventListener("keydown", keys));
  const show = () => { showImage(model.state); showList(model.state); showAll(model.state); };
  model.on("state", show);
  show();
}
