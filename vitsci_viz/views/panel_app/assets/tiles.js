export function render({ model, el }) {
  const { kinds, tall } = model.fixed;
  let kind = kinds[0];
  const title = make("h3"), legend = make("div", { class: "legend" }), tiles = make("div", { class: tall ? "tiles tall" : "tiles" }), empty = make("div", { class: "empty" });
  const buttons = kinds.map((each, index) => make("button", { type: "button", role: "radio", "data-kind": each, onclick: () => { kind = each; show(); },
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = buttons[(index + step + buttons.length) % buttons.length];
      kind = next.dataset.kind; show(); next.focus();
    } }, each[0].toUpperCase() + each.slice(1)));
  const segments = make("div", { class: "segments", role: "radiogroup", "aria-label": "What the pictures show" }, ...buttons);
  el.append(make("div", { class: tall ? "box" : "box row" }, make("div", { class: "head" }, title, legend, segments), tiles, empty));
  function show() {
    const { tiles: rows, title: words, empty: nothing, legend: classes } = model.state;
    title.textContent = words; empty.textContent = rows.length ? "" : nothing;
    empty.hidden = Boolean(rows.length); tiles.hidden = !rows.length; segments.hidden = !rows.length;
    for (const button of buttons) { const on = button.dataset.kind === kind; button.setAttribute("aria-checked", on); button.tabIndex = on ? 0 : -1; }
    legend.hidden = !["prediction", "truth", "mask"].includes(kind) || !rows.length;
    legend.replaceChildren(...classes.map((each) => make("span", {}, make("i", { style: `background:${each.colour}` }), each.name)));
    // pictures are changed in place: a new prediction must not flash
    while (tiles.children.length > rows.length) tiles.lastChild.remove();
    rows.forEach((row, place) => {
      let node = tiles.children[place];
      if (!node) {
        node = make("figure", {}, make("div", { class: "frame" }, make("img", { alt: "" })), make("figcaption", {}, make("span", { class: "name" }), make("span", { class: "note" })));
        tiles.append(node);
      }
      const picture = node.querySelector("img"), wanted = row[kind] || "";
      if (picture.getAttribute("src") !== wanted) { if (wanted) picture.setAttribute("src", wanted); else picture.removeAttribute("src"); }
      // a small picture stays crisp where it is enlarged
      picture.onload = () => { picture.style.imageRendering = picture.naturalWidth * 1.5 < picture.clientWidth ? "pixelated" : ""; };
      picture.alt = `${kind} of ${row.name}`;
      node.querySelector(".name").textContent = row.name; node.querySelector(".name").dataset.tip = row.name;
      node.querySelector(".note").textContent = row.note || "";
    });
  }
  model.on("state", show);
  show();
}
