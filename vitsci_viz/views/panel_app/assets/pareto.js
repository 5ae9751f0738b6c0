const COLUMNS = [
  ["kind", "Setting", "How leaves are chosen"], ["patch", "Token", "Side of a token in pixels"], ["leaf", "Finest leaf", "Side of the finest leaf in pixels"],
  ["tokens", "Tokens", "Tokens of the sequence"], ["step", "Step, TFLOP", "Operations of one training step of a ViT-S encoder"], ["psnr", "PSNR, dB", "Of the image put together again from its tokens"],
  ["ssim", "SSIM", "Structural similarity of the reconstruction"], ["dice", "Oracle Dice", "Best Dice that any prediction on these tokens can reach"],
];
export function render({ model, el }) {
  const box = make("div", { class: "table" });
  el.style.position = "relative"; el.style.height = "100%"; el.append(box);
  let by = "tokens", up = true, rows = null;
  const write = {
    tokens: grouped, step: (value) => (value / 1e12).toPrecision(3), psnr: (value) => (value >= 1e9 ? "exact" : value.toFixed(1)), ssim: (value) => value.toFixed(3), dice: (value) => value.toFixed(3),
    patch: (value) => value, leaf: (value) => value,
  };
  const order = (a, b) => {
    const [x, y] = [a[by], b[by]];
    if (x == null || y == null) return (x == null) - (y == null);
    const compared = typeof x === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return up ? compared : -compared;
  };
  function draw() {
    const { rows: given = [], chosen = -1 } = model.state;
    if (!given.length) { box.replaceChildren(make("div", { class: "empty" }, "A sweep tries many settings of this image and shows what each costs and keeps. It takes a few seconds.")); return; }
    const shown = COLUMNS.filter(([key]) => key === "kind" || given.some((row) => row[key] != null));
    const head = make("tr", {}, ...shown.map(([key, label, tip]) => make("th", { scope: "col", "aria-sort": key === by ? (up ? "ascending" : "descending") : "none", "data-tip": tip }, make("button", { type: "button", onclick: () => { up = key === by ? !up : true; by = key; draw(); } }, label))));
    const lines = given.map((row, place) => ({ ...row, place })).sort(order).map((row) => {
      const take = () => model.send_msg({ kind: "take", row: row.place });
      const cells = shown.map(([key]) => {
        if (key !== "kind") return make("td", {}, row[key] == null ? "\u2013" : write[key](row[key]));
        return make("td", {}, make("i", { class: row.kind === "uniform" ? "square" : "", style: `background:${row.colour};border-color:${row.colour}` }), row.kind, row.knee ? make("span", { class: "tag" }, "knee") : row.front ? make("span", { class: "tag" }, "front") : null, row.advice ? make("span", { class: "tag advice", "data-tip": row.advice }, "recommended") : null);
      });
      return make("tr", { tabindex: 0, class: row.place === chosen ? "chosen" : "", "data-row": row.place, "aria-label": `Take over: ${row.kind}, ${grouped(row.tokens)} tokens${row.advice ? `. ${row.advice}` : ""}`, onclick: take, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); take(); } } }, ...cells);
    });
    const at = box.scrollTop;
    box.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines)));
    box.scrollTop = at;
    const now = box.querySelector(".chosen");
    if (now && rows === given) now.scrollIntoView({ block: "nearest" });
    rows = given;
  }
  model.on("state", draw);
  draw();
}
