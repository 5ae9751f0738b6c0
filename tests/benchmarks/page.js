// What a benchmark asks of the dashboard's page: the clock is the page's own.
window.bench = (() => {
  const frames = (count) => new Promise((done) => {
    const next = () => (count-- > 0 ? requestAnimationFrame(next) : done())
    next()
  })
  function* everything(root) {
    for (const node of root.querySelectorAll("*")) {
      yield node
      if (node.shadowRoot) yield* everything(node.shadowRoot)
    }
  }
  const find = (test) => {
    for (const node of everything(document)) if (test(node)) return node
    return null
  }
  const is_within = (node, tag) => {
    for (let up = node; up != null; up = up.parentNode ?? up.host) if (up.tagName === tag) return true
    return false
  }
  const kept = {}
  const once = (name, test) => (kept[name]?.isConnected ? kept[name] : (kept[name] = find(test)))
  const tokens = () => once("tokens", (node) => node.dataset?.reading === "Tokens")?.textContent
  const slider = () => once("slider", (node) => node.getAttribute("aria-label") === "Split value slider")
  const canvases = () => [...Bokeh.index.query((view) => view.vitsci != null && view.vitsci.size.width > 1)]
    .map((view) => view.vitsci)
    .sort((a, b) => a.hit.getBoundingClientRect().x - b.hit.getBoundingClientRect().x)

  // Wait until every condition holds, noting when each did; then for what changed to be on the screen.
  async function watch(start, conditions) {
    const seen = {}
    while (Object.keys(seen).length < Object.keys(conditions).length) {
      for (const [name, holds] of Object.entries(conditions)) {
        if (!(name in seen) && holds()) seen[name] = frames(1).then(() => performance.now() - start)
      }
      if (performance.now() - start > 20000) throw new Error(`only saw ${Object.keys(seen)}`)
      await frames(1)
    }
    const times = {}
    for (const [name, time] of Object.entries(seen)) times[name] = await time
    return times
  }

  // Leaves are a picture or rectangles, whatever suits the window.
  const rectangles = (controller) =>
    controller.view.model.renderers.find((each) => each.glyph?.type === "Quad")?.data_source.data
  const change = (controller, layer) => {
    const before = controller.painted[layer], drawn = rectangles(controller)
    return () => controller.painted[layer] !== before || (layer === "leaves" && rectangles(controller) !== drawn)
  }

  return {
    tokens, canvases,
    async slide(place, layers) {
      const input = slider(), before = tokens(), conditions = {counts: () => tokens() !== before}
      for (const [number, layer] of layers) conditions[layer] = change(canvases()[number], layer)
      input.value = place
      const start = performance.now()
      input.dispatchEvent(new Event("input", {bubbles: true}))
      input.dispatchEvent(new Event("change", {bubbles: true}))
      return watch(start, conditions)
    },
    async press(key) {
      const [controller] = canvases()
      const sharp = change(controller, "image")
      const start = performance.now()
      controller.hit.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}))
      return watch(start, {sharp})
    },
    // From the next movement of the pointer, or its release, to what it leads to: any slice, and the whole slice.
    async follow(event, wanted) {
      const shown = canvases().filter((each) => each.hit.getBoundingClientRect().width > 0)
      const painted = change(shown[shown.length - 1], "image")
      const line = find((node) => node.classList.contains("text") && is_within(node, "FOOTER"))
      const before = line.textContent
      const whole = () => painted() && line.textContent !== before && line.textContent.startsWith("Slice of row")
      const start = await new Promise((done) => {
        window.addEventListener(event, () => done(performance.now()), {capture: true, once: true})
      })
      return watch(start, wanted === "whole" ? {first: painted, whole} : {first: painted})
    },
    zoom_to(scale, x, y) { canvases()[0].go(x, y, scale) },
  }
})()
