export function render({ model, el }) {
  const { layouts, downloads, sides: hasSides, recipe: hasRecipe } = model.fixed;
  const send = (kind, value) => model.send_msg({ kind, value });
  const tabs = layouts.map(({ name, title, help }, index) => make("button", {
    type: "button", role: "tab", "data-name": name, "data-tip": help, onclick: () => send("layout", name),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus(); send("layout", next.dataset.name);
    },
  }, title));
  const sides = ["A", "B"].map((side) => make("button", { type: "button", "data-side": side, onclick: () => send("action", `side-${side}`) }, side));
  const side = make("span", { class: "side", "data-tip": "Which of the two settings the form on the left shows and changes" }, "Form sets", make("span", { class: "segments", role: "group", "aria-label": "Setting that the form changes" }, ...sides));
  const range = make("input", { type: "range", min: 0, "aria-label": "Slice", oninput: () => { say(); send("slice", Number(range.value)); } });
  const count = make("output");
  const say = () => { count.textContent = `${grouped(Number(range.value) + 1)} / ${grouped(Number(range.max) + 1)}`; };
  const slice = make("div", { class: "slice" }, make("span", {}, "Slice"), range, count);
  const button = (name, label, tip, path) => make("button", { type: "button", class: "button quiet", "aria-label": tip, "data-tip": tip, onclick: () => send("action", name) }, icon(path), label);
  const fit = button("fit", "", "Fit the whole image (double click)", ICONS.fit);
  const recipe = button("recipe", "Recipe", "The recipe of what is on screen: copy, save, load", ICONS.code);
  const menu = make("div", { class: "menu", popover: "auto", role: "menu" }, ...Object.entries(downloads).map(([name, title]) => make("button", {
    type: "button", role: "menuitem", onclick: () => { menu.hidePopover(); send("action", name); },
  }, title)));
  const save = make("button", {
    type: "button", class: "button quiet", "aria-haspopup": "menu", onclick: () => {
      const at = save.getBoundingClientRect();
      menu.showPopover();
      menu.style.left = `${Math.min(at.left, innerWidth - menu.offsetWidth - 8)}px`; menu.style.top = `${at.bottom + 4}px`;
    },
  }, icon(ICONS.save), "Download");
  el.append(make("div", { class: "bar" }, make("div", { class: "segments", role: "tablist", "aria-label": "Layout" }, ...tabs), side, make("span", { class: "spacer" }), slice, fit, save, ...(hasRecipe ? [recipe] : []), menu));
  let query = null;
  function show() {
    const state = model.state;
    if (state.query !== undefined && state.query !== query) { query = state.query; history.replaceState(null, "", `${location.pathname}?${query}`); }
    for (const tab of tabs) {
      const chosen = tab.dataset.name === state.layout;
      tab.setAttribute("aria-selected", chosen); tab.tabIndex = chosen ? 0 : -1; tab.disabled = !state.open;
    }
    for (const each of sides) each.setAttribute("aria-pressed", each.dataset.side === state.side);
    side.hidden = !hasSides || state.layout !== "compare"; side.style.display = side.hidden ? "none" : "";
    const flat = !(state.slices > 1) || state.layout === "pareto";
    slice.hidden = flat; slice.style.display = flat ? "none" : "";
    range.max = Math.max(0, state.slices - 1);
    if (el.getRootNode().activeElement !== range) range.value = state.slice;
    say();
    for (const each of [fit, save, recipe]) each.disabled = !state.open;
    fit.style.display = state.layout === "pareto" || state.bare ? "none" : "";
    save.style.display = state.bare ? "none" : "";  // what is in the middle brings its own
  }
  model.on("state", show);
  model.on("msg:custom", receive);
  const parts = {};
  function receive(message) {
    if (message.kind !== "file") return;
    (parts[message.name] ||= []).push(message.data);
    if (message.last) { download(message.name, message.mime, parts[message.name]); delete parts[message.name]; }
  }
  show();
}
