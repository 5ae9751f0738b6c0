export function render({ model, el }) {
  const box = make("div", { class: "crosshair", role: "region", "aria-label": "Crosshair" });
  el.append(box);
  const row = (line) => make("div", { class: "line", "data-tip": line.help || null, "data-reading": line.name }, make("span", {}, line.name), make("b", {}, line.value));
  function profile({ letter, colour, values, at }) {
    const [W, H] = [200, 40], { low, high } = model.state;
    const path = values.map((value, n) => `${((n + 0.5) / values.length * W).toFixed(1)} ${(H * (1 - Math.min(Math.max((value - low) / (high - low), 0), 1))).toFixed(1)}`).join("L");
    return make("div", { class: "profile", style: `--colour:${colour}`, "data-tip": `Values along ${letter} through the crosshair, between black and white` }, make("b", {}, letter),
      make("svg", { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", role: "img", "aria-label": `Profile along ${letter}` },
        make("line", { x1: at * W, x2: at * W, y1: 0, y2: H }), values.length > 1 ? make("path", { d: `M${path}` }) : null));
  }
  function show() {
    const { lines = [], profiles = [], beside = 100, below = 100 } = model.state;
    for (const [name, share] of Object.entries({ beside, below })) document.documentElement.style.setProperty(`--vz-${name}`, share);
    box.replaceChildren(...lines.map(row), ...profiles.map(profile));
  }
  model.on("state", show);
  show();
}
