(() => {
  const root = document.documentElement;
  const repaint = () => { for (const view of Object.values(Bokeh.index)) repaintView(view); };
  const repaintView = (view) => {
    if (typeof view.request_repaint === "function") view.request_repaint();
    else if (typeof view.request_paint === "function") view.request_paint("everything");
    for (const child of view.child_views || []) repaintView(child);
  };
  document.getElementById("theme").onclick = () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("vitsci-theme", root.dataset.theme);
    repaint();
  };
  for (const side of ["left", "right"]) {
    const button = document.getElementById(`toggle-${side}`);
    const show = (visible) => {
      document.body.classList.toggle(`no-${side}`, !visible);
      button.setAttribute("aria-expanded", visible);
    };
    show(localStorage.getItem(`vitsci-${side}`) !== "hidden");
    button.onclick = () => {
      const visible = document.body.classList.contains(`no-${side}`);
      localStorage.setItem(`vitsci-${side}`, visible ? "shown" : "hidden");
      show(visible);
    };
  }
  const help = document.getElementById("help-dialog");
  document.getElementById("help").onclick = () => help.showModal();
  help.onclick = (event) => { if (event.target === help) help.close(); };
  document.addEventListener("keydown", (event) => {
    const typing = event.composedPath().some((e) => e.matches && e.matches("input, textarea, select"));
    if (event.key === "?" && !typing) help.showModal();
  });

  // The address holds the view, so a reload brings it back once the server runs again.
  const lost = document.getElementById("lost");
  lost.querySelector("button").onclick = () => location.reload();
  const watch = () => {
    const open = (window.Bokeh && Bokeh.documents) || [];
    if (!open.length) { setTimeout(watch, 500); return; }
    for (const page of open) {
      page.on_event("connection_lost", () => { lost.hidden = false; });
      page.on_event("client_reconnected", () => { lost.hidden = true; });
    }
  };
  watch();
  addEventListener("pagehide", () => lost.remove());

  // One tooltip for every component: data-tip is found through shadow roots.
  const tip = document.getElementById("tip");
  tip.popover = "manual";
  let timer = null, shown = null, aim = null;
  const hide = () => { clearTimeout(timer); shown = null; if (tip.matches(":popover-open")) tip.hidePopover(); };
  const place = (target) => {
    if (!target.isConnected) return;
    shown = target;
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    if (!tip.matches(":popover-open")) tip.showPopover();
    const at = target.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const below = at.bottom + 8 + size.height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    tip.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)}px`;
  };
  const find = (event) => event.composedPath().find((e) => e.dataset && e.dataset.tip);
  const later = (event, wait) => {
    const target = find(event);
    if (target === aim) return;
    aim = target;
    hide();
    if (target) timer = setTimeout(place, wait, target);
  };
  // Not mouseover: between two parts of one shadow root it never comes this far.
  document.addEventListener("mousemove", (event) => later(event, 350), { passive: true });
  document.addEventListener("focusin", (event) => {
    const target = event.composedPath()[0];
    if (target.matches && target.matches("button:focus-visible, [tabindex]:focus-visible")) later(event, 350);
  });
  // A dialog that closes gives the focus back: its tip must not outlive the next move of the mouse.
  document.addEventListener("pointermove", (event) => { if (shown && !event.composedPath().includes(shown)) hide(); }, { passive: true });
  // A pinch over the panels would zoom the page, and the canvas with it.
  document.addEventListener("wheel", (event) => { if (event.ctrlKey) event.preventDefault(); }, { passive: false });
  for (const name of ["mousedown", "keydown", "focusout", "wheel"]) document.addEventListener(name, hide, { passive: true });
})();
