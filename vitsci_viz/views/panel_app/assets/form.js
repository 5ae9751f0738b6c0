export function render({ model, el }) {
  const { fields, presets } = model.fixed;
  const rows = {};
  let seq = 0;

  // One change of a field is on its way at a time: the newest waits until the last one is on the screen.
  const sent = new Map(), queue = new Map();
  function send(message) {
    if (sent.has(message.name)) { queue.set(message.name, message); return; }
    sent.set(message.name, ++seq);
    setTimeout(release, 1500, seq);
    model.send_msg({ ...message, seq });
  }
  function release(ack) {
    const done = [...sent].filter(([, number]) => number <= ack).map(([name]) => name);
    done.forEach((name) => sent.delete(name));
    for (const name of done) {
      const next = queue.get(name);
      queue.delete(name);
      if (next) send(next);
    }
  }
  const edit = (name, text) => send({ kind: "edit", name, text: String(text) });
  const shown = (text, field) => (text === "" ? (field.name === "min_size" ? "as token" : "automatic") : text);

  const worded = (value) => (value === "" ? "auto" : value.replace("drop_", "").replace("_", " "));
  // what does not fit beside one another goes into a list
  const MOST_CHOICES = 6, MOST_LETTERS = 32;
  function menu(field, id) {
    const select = make("select", { id, "aria-describedby": `${id}-h`, onchange: () => edit(field.name, select.value) },
      ...field.choices.map((value) => make("option", { value }, worded(value))));
    return { nodes: [select], show: (text) => { select.value = text; }, disable: (off) => { select.disabled = off; } };
  }

  function choice(field, id) {
    const letters = field.choices.map(worded).join("").length;
    if (field.choices.length > MOST_CHOICES || letters > MOST_LETTERS) return menu(field, id);
    const box = make("div", { class: "segments", role: "radiogroup", "aria-labelledby": `${id}-l`, "aria-describedby": `${id}-h` });
    const buttons = field.choices.map((value, index) => make("button", {
      type: "button", role: "radio", "data-value": value, onclick: () => edit(field.name, value),
      onkeydown: (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = buttons[(index + step + buttons.length) % buttons.length];
        next.focus(); edit(field.name, next.dataset.value);
      },
    }, worded(value)));
    box.append(...buttons);
    return {
      nodes: [box], wide: true,
      show: (text) => buttons.forEach((b) => {
        b.setAttribute("aria-checked", b.dataset.value === text);
        b.tabIndex = b.dataset.value === text ? 0 : -1;
      }),
      disable: (off) => buttons.forEach((b) => { b.disabled = off; }),
    };
  }

  function flag(field, id) {
    const input = make("input", { id, type: "checkbox", "aria-label": field.label, role: "switch", class: "switch", "aria-describedby": `${id}-h`, onchange: () => edit(field.name, input.checked) });
    return { nodes: [input], show: (text) => { input.checked = text === "true"; }, disable: (off) => { input.disabled = off; } };
  }

  function number(field, id) {
    const input = make("input", { id, type: "text", inputmode: "decimal", "aria-label": field.label, autocomplete: "off", "aria-describedby": `${id}-h`, onchange: () => edit(field.name, input.value.replaceAll("\u2009", "")) });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") edit(field.name, input.value); });
    const range = make("input", { type: "range", min: 0, max: 1000, step: 1, "aria-label": `${field.label} slider`, "aria-describedby": `${id}-h` });
    const picture = make("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    const slider = make("div", { class: "slider" }, picture, range);
    slider.hidden = true;
    let span = null, dragging = false;
    const place = (value) => {
      const t = span.log ? Math.log(Math.max(value, span.lo) / span.lo) / Math.log(span.hi / span.lo) : (value - span.lo) / (span.hi - span.lo);
      return 1000 * Math.min(1, Math.max(0, t));
    };
    const valueAt = (place) => {
      const t = place / 1000;
      const raw = span.log ? span.lo * Math.pow(span.hi / span.lo, t) : span.lo + t * (span.hi - span.lo);
      return span.integer ? Math.round(raw) : Number(raw.toPrecision(3));
    };
    const say = (value) => range.setAttribute("aria-valuetext", `${grouped(value)} ${field.unit}`);
    range.addEventListener("input", () => {
      dragging = true;
      const value = valueAt(Number(range.value));
      input.value = value; say(value); mark(value);
      edit(field.name, value);
    });
    range.addEventListener("change", () => { dragging = false; });
    function mark(value) {
      const now = picture.querySelector(".now");
      if (now) { now.setAttribute("x1", place(value)); now.setAttribute("x2", place(value)); }
    }
    function draw() {
      picture.replaceChildren();
      slider.classList.toggle("curved", Boolean(span && span.curve));
      if (!span || !span.curve) return;
      const [xs, ys] = span.curve;
      const low = Math.log(Math.min(...ys)), high = Math.log(Math.max(...ys)) || 1;
      const points = xs.map((x, i) => `${place(x).toFixed(1)},${(96 - 92 * (Math.log(ys[i]) - low) / Math.max(high - low, 1e-9)).toFixed(1)}`);
      picture.append(make("path", { class: "area", d: `M${points[0].split(",")[0]},100 L${points.join(" L")} L${points.at(-1).split(",")[0]},100z` }));
      picture.append(make("path", { class: "curve", d: `M${points.join(" L")}` }));
      if (span.knee) picture.append(make("line", { class: "knee", x1: place(span.knee), x2: place(span.knee), y1: 0, y2: 100 }));
      picture.append(make("line", { class: "now", x1: -9, x2: -9, y1: 0, y2: 100 }));
    }
    return {
      nodes: [input, slider], wide: true,
      show: (text, hint, given) => {
        if (given && JSON.stringify(given) !== JSON.stringify(span)) { span = given; slider.hidden = !(span.hi > span.lo); draw(); }
        input.placeholder = hint || "automatic";
        if (dragging) return;
        if (el.getRootNode().activeElement !== input || input.value === "" || !rows[field.name].editing) input.value = text;
        const value = Number(text || String(hint || "").replace(/[^0-9.eE+-]/g, ""));
        if (span && Number.isFinite(value)) { range.value = place(value); say(value); mark(value); }
      },
      disable: (off) => { input.disabled = off; range.disabled = off; },
    };
  }

  function combo(field, id) {
    const list = make("ul", { role: "listbox", id: `${id}-list`, "aria-label": `${field.label} suggestions`, popover: "manual" });
    const input = make("input", {
      id, type: "text", role: "combobox", "aria-label": field.label, "aria-expanded": "false", "aria-controls": `${id}-list`, autocomplete: "off", "aria-describedby": `${id}-h`,
    });
    let current = -1;
    const options = field.suggestions.map((value) => make("li", {
      role: "option", "data-value": value, "aria-selected": "false",
      onmousedown: (event) => { event.preventDefault(); pick(value); },
    }, shown(value, field)));
    list.append(...options);
    const open = () => {
      const at = input.getBoundingClientRect();
      list.showPopover(); input.setAttribute("aria-expanded", "true");
      list.style.width = `${at.width}px`; list.style.left = `${at.left}px`;
      const below = at.bottom + 4 + list.offsetHeight < innerHeight;
      list.style.top = `${below ? at.bottom + 4 : at.top - 4 - list.offsetHeight}px`;
      select(field.suggestions.indexOf(input.value));
    };
    const close = () => { if (list.matches(":popover-open")) list.hidePopover(); input.setAttribute("aria-expanded", "false"); };
    const isOpen = () => list.matches(":popover-open");
    const select = (index) => {
      current = index;
      options.forEach((option, i) => option.setAttribute("aria-selected", i === index));
      if (options[index]) options[index].scrollIntoView({ block: "nearest" });
    };
    const pick = (value) => { input.value = value; close(); edit(field.name, value); };
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!options.length) return;
        if (!isOpen()) return open();
        const count = options.length;
        select(event.key === "ArrowDown" ? Math.min(current + 1, count - 1) : Math.max(current - 1, 0));
      } else if (event.key === "Enter") {
        if (isOpen() && current >= 0) pick(options[current].dataset.value); else { close(); edit(field.name, input.value); }
      } else if (event.key === "Escape" && isOpen()) { event.stopPropagation(); close(); }
    });
    input.addEventListener("input", () => { if (isOpen()) select(-1); });
    input.addEventListener("change", () => edit(field.name, input.value));
    input.addEventListener("blur", close);
    const caret = make("button", { type: "button", tabindex: -1, "aria-hidden": "true", onmousedown: (event) => { event.preventDefault(); input.focus(); isOpen() ? close() : open(); } }, icon(ICONS.down));
    caret.hidden = !options.length;
    return {
      nodes: [make("div", { class: "combo" }, input, caret, list)],
      show: (text, hint) => {
        input.placeholder = hint || shown("", field);
        if (el.getRootNode().activeElement !== input || !rows[field.name].editing) input.value = text;
      },
      disable: (off) => { input.disabled = off; caret.disabled = off; },
    };
  }

  const makers = { choice, flag, number, combo };
  function row(field) {
    const id = `option-${field.name}`;
    const part = makers[field.kind](field, id);
    const label = make("label", { class: "label", for: id, id: `${id}-l`, "data-tip": field.help }, field.label, field.unit ? make("span", { class: "unit" }, field.unit) : null);
    const help = make("span", { id: `${id}-h`, class: "hidden-label" }, field.help);
    const problem = make("div", { class: "problem", role: "alert" }), why = make("div", { class: "why" });
    problem.hidden = why.hidden = true;
    const node = make("div", { class: `option ${part.wide ? "wide" : ""} is-${field.kind}`, "data-option": field.name }, label, ...part.nodes, problem, why, help);
    node.addEventListener("input", () => { rows[field.name].editing = true; });
    node.addEventListener("focusout", () => { rows[field.name].editing = false; });
    rows[field.name] = { ...part, node, problem, why, label, field, editing: false };
    return node;
  }

  const form = make("div", { class: "form" });
  const general = make("div", { class: "problem", role: "alert" });
  let preset = null;
  if (presets.length) {
    preset = make("select", { id: "preset", onchange: () => send({ kind: "preset", name: preset.value }) },
      make("option", { value: "", disabled: true }, "custom"), ...presets.map((name) => make("option", { value: name }, name)));
    form.append(make("div", { class: "presets" }, make("label", { for: "preset", "data-tip": "Named settings: apf-sc24 and shf as published, recommended is ours." }, "Preset"), preset));
  }
  form.append(general);
  for (const group of [...new Set(fields.map((field) => field.group))]) {
    const members = fields.filter((field) => field.group === group && !field.advanced);
    if (members.length) form.append(make("fieldset", {}, make("legend", {}, group), ...members.map(row)));
  }
  const advanced = fields.filter((field) => field.advanced);
  if (advanced.length) {
    const more = make("details", {}, make("summary", {}, "Advanced"));
    let group = null;
    for (const field of advanced) {
      if (field.group !== group) more.append(make("div", { class: "sub" }, (group = field.group)));
      more.append(row(field));
    }
    form.append(more);
  }
  el.append(form);

  function show() {
    const { values = {}, errors = {}, reasons = {}, hints = {}, spans = {}, preset: name = "", ack = 0 } = model.state;
    release(ack);
    for (const [key, part] of Object.entries(rows)) {
      if (!sent.has(key)) part.show(values[key] ?? "", hints[key], spans[key]);
      const problem = errors[key] || "", why = reasons[key] || "";
      part.problem.textContent = problem; part.problem.hidden = !problem;
      part.node.classList.toggle("failed", Boolean(problem));
      part.node.classList.toggle("inactive", Boolean(why));
      part.label.dataset.tip = why ? `${part.field.help}\n\n${part.field.label} ${why}.` : part.field.help;
      part.why.textContent = why; part.why.hidden = true;
      part.disable(Boolean(why));
    }
    general.textContent = errors[""] || ""; general.hidden = !errors[""];
    if (preset) preset.value = name;
  }
  model.on("state", show);
  show();
}
