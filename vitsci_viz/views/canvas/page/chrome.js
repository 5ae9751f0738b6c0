// What lies over the picture: layers, legend, scale bar, status line, cursor. Plain elements: moving them repaints nothing.

const ZOOM = [["wheel  + -", "zoom"]]
const SLICES = [["wheel  [ ]", "slice"], ["ctrl-wheel  + -", "zoom"], ["click, drag a line", "move the crosshair"]]
const KEYS = [["drag  arrows", "pan"], ["shift-drag", "zoom into a box"], ["double click  0  f", "fit"]]
const MORE = [["1 - 9", "toggle a layer"], ["s", "save a PNG"], ["?", "these keys"]]

function keys_table({wheel}) {
  const rows = wheel == "slice" ? [...SLICES, ...KEYS, ...MORE] : [...ZOOM, ...KEYS, ["[ ]", "slice"], ...MORE]
  return `<table>${rows.map(([keys, what]) => `<tr><th>${keys}</th><td>${what}</td></tr>`).join("")}</table>`
}

// Text between tags: labels may come from files.
function plain(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

class Chrome {
  constructor(controller) {
    this.controller = controller
    this.root = document.createElement("div")
    this.root.className = "vz"
    this.root.innerHTML = `<style>${STYLE}</style>
      <div class="vz-veil" hidden></div><div class="vz-outline" hidden></div><div class="vz-band" hidden></div><div class="vz-cross" hidden></div>
      <div class="vz-head"><div class="vz-layers" role="group" aria-label="Layers"></div>
        <div class="vz-legends"></div></div>
      <div class="vz-keys" role="dialog" aria-label="Keys" hidden></div>
      <div class="vz-busy" role="status" hidden></div>
      <div class="vz-foot"><button type="button" class="vz-help" aria-label="Keys" title="Keys (?)">?</button><div class="vz-status"></div><div class="vz-scale"><span></span><i></i></div></div>`
    const names = ["veil", "outline", "band", "cross", "layers", "legends", "keys", "help", "busy", "status", "scale"]
    this.parts = Object.fromEntries(names.map((name) => [name, this.root.querySelector(`.vz-${name}`)]))
    this.parts.help.addEventListener("click", () => this.toggle_keys())
    this.root.prepend(controller.guides.root)
    this.attach()
  }

  toggle_keys(shown = this.parts.keys.hidden) {
    this.parts.keys.innerHTML = keys_table(this.controller.state)
    this.parts.keys.hidden = !shown
  }

  // a rebuilt layout empties the canvas element
  attach() {
    if (!this.root.isConnected) this.controller.view.canvas_view.shadow_el.append(this.root)
  }

  update() {
    this.attach()
    const {state} = this.controller
    this.update_layers(state.layers)
    this.update_legends(state.layers)
    this.update_stale(state)
    this.controller.guides.update()
    this.place()
  }

  // what is answered within a blink is not dimmed
  update_stale({stale, message}) {
    clearTimeout(this.stale_timer)
    const show = () => {
      this.parts.veil.hidden = !stale
      this.parts.busy.hidden = !message
      this.parts.busy.textContent = message
    }
    if (stale || message) this.stale_timer = setTimeout(show, 150)
    else show()
  }

  update_layers(layers) {
    const key = JSON.stringify(layers)
    if (key == this.layers_key) return
    this.layers_key = key
    const names = this.controller.offered()
    const old = new Map([...this.parts.layers.children].map((row) => [row.dataset.name, row]))
    this.parts.layers.replaceChildren(...names.map((name, at) => {
      const layer = layers[name]
      const row = old.get(name) ?? this.layer_row(name)
      const [button, slider] = row.children
      const digit = at + 1
      button.setAttribute("aria-pressed", String(layer.visible))
      button.innerHTML = `<kbd>${digit}</kbd>${layer.label}`
      button.title = `${layer.visible ? "Hide" : "Show"} ${layer.label.toLowerCase()} (${digit})`
      if (slider.getRootNode().activeElement !== slider) slider.value = Math.round(layer.opacity * 100)
      slider.disabled = !layer.visible
      return row
    }))
    // one picture on a plane of a volume needs no switch
    this.parts.layers.hidden = names.length == 0 || (names.length == 1 && this.controller.state.axes != null)
  }

  layer_row(name) {
    const row = document.createElement("div")
    row.dataset.name = name
    row.innerHTML = `<button type="button"></button><input type="range" min="0" max="100" step="5" aria-label="Opacity">`
    const [button, slider] = row.children
    const {controller} = this
    button.addEventListener("click", () => controller.set_layer(name, {visible: !controller.state.layers[name].visible}))
    slider.addEventListener("input", () => controller.set_layer(name, {opacity: slider.value / 100}))
    return row
  }

  update_legends(layers) {
    const shown = Object.values(layers).filter((layer) => layer.offered && layer.visible && layer.legend)
      .map((layer) => layer.legend)
    const key = JSON.stringify(shown)
    if (key == this.legends_key) return
    this.legends_key = key
    this.parts.legends.innerHTML = shown.map((legend) => this.legend(legend)).join("")
  }

  legend(legend) {
    const rows = legend.rows.map((row) =>
      `<div><i style="background:${row.colour}"></i><span>${plain(row.text)}</span><b>${row.count ?? ""}</b></div>`)
    const ramp = legend.ramp ? `<div class="vz-ramp" style="background:linear-gradient(to right,${legend.ramp.colours})">
      </div><div><span>${legend.ramp.low}</span><b>${legend.ramp.high}</b></div>` : ""
    return `<div class="vz-legend" role="img" aria-label="${plain(legend.title)}"><header>${plain(legend.title)}</header>
      ${rows.join("")}${ramp}</div>`
  }

  // ---- what follows the view -----------------------------------------------------------------------------------
  place() {
    this.attach()
    const {controller} = this
    if (controller.size.width == 0 || controller.shared().scale == null) return
    const bar = this.scale_bar()
    this.parts.scale.querySelector("i").style.width = `${bar.width}px`
    this.parts.scale.querySelector("span").textContent = bar.text
    const leaf = controller.state.leaf
    this.parts.outline.hidden = leaf == null || controller.probed == null
    if (leaf != null) this.place_box(this.parts.outline, leaf)
    this.place_cross()
    controller.guides.place()
    this.write_status()
  }

  place_box(element, [left, top, right, bottom]) {
    const {x0, y0} = this.controller.window()
    const {scale} = this.controller.shared()
    const [x, y] = [(left - x0) / scale, (top - y0) / scale]
    Object.assign(element.style, {
      transform: `translate(${x}px, ${y}px)`,
      width: `${Math.max(2, (right - left) / scale)}px`,
      height: `${Math.max(2, (bottom - top) / scale)}px`,
    })
  }

  band(corner, other) {
    this.parts.band.hidden = corner == null
    if (corner == null) return
    const xs = [corner[0], other[0]].sort((a, b) => a - b)
    const ys = [corner[1], other[1]].sort((a, b) => a - b)
    this.place_box(this.parts.band, [xs[0], ys[0], xs[1], ys[1]])
  }

  cursor(point) {
    pointer.setv({data: {x: [point ? point[0] : null], y: [point ? point[1] : null], owner: [figure.id]}},
                 {sync: false, check_eq: false})
    this.write_status()
    if (point == null) this.parts.outline.hidden = true
  }

  // the cursor of a linked canvas
  place_cross() {
    const {x, y, owner} = pointer.data
    this.parts.cross.hidden = x[0] == null || owner[0] == figure.id
    if (!this.parts.cross.hidden) this.place_box(this.parts.cross, [x[0], y[0], x[0], y[0]])
  }

  // ---- status line ---------------------------------------------------------------------------------------------
  write_status() {
    const {state, probed} = this.controller
    const [rows, columns] = state.shape
    const {scale} = this.controller.shared()
    const parts = []
    this.parts.status.classList.toggle("vz-resting", !probed)
    if (probed && probed[0] >= 0 && probed[1] >= 0 && probed[0] < columns && probed[1] < rows) {
      const axes = state.axes ?? [{name: "x", step: 1}, {name: "y", step: 1}]
      const places = axes.map(({name, step}, at) => `${name} ${Math.floor(probed[at] / step).toLocaleString("en")}`)
      parts.push(places.join("  "))
      if (state.status) parts.push(...state.status)
    } else if (scale != null) {
      const steps = state.axes?.map((axis) => axis.step) ?? [1, 1]
      const sides = [columns / steps[0], rows / steps[1]].map((side) => Math.round(side).toLocaleString("en"))
      parts.push(`${sides.join(" x ")} px`, zoom_text(scale))
    }
    this.parts.status.replaceChildren(...parts.map((text) => {
      const span = document.createElement("span")
      span.textContent = text
      return span
    }))
  }

  // ---- scale bar -----------------------------------------------------------------------------------------------
  scale_bar() {
    const {spacing_um} = this.controller.state
    const {scale} = this.controller.shared()
    const most = Math.min(140, this.controller.size.width / 4)
    const unit = spacing_um ?? 1
    const length = round_down(most * scale * unit)
    return {width: length / unit / scale, text: spacing_um ? length_text(length) : `${length.toLocaleString("en")} px`}
  }

  draw_scale_bar(context, ratio) {
    const bar = this.scale_bar()
    const [x, y] = [context.canvas.width - (bar.width + 16) * ratio, context.canvas.height - 18 * ratio]
    context.fillStyle = "#000a"
    context.fillRect(x - 8 * ratio, y - 20 * ratio, (bar.width + 16) * ratio, 32 * ratio)
    context.fillStyle = "#fff"
    context.fillRect(x, y, bar.width * ratio, 3 * ratio)
    context.font = `${12 * ratio}px system-ui, sans-serif`
    context.textAlign = "center"
    context.fillText(bar.text, x + bar.width * ratio / 2, y - 5 * ratio)
  }
}

function round_down(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return [5, 2, 1].find((step) => step * power <= value) * power
}

function length_text(micrometres) {
  const [unit, size] = [["m", 1e6], ["cm", 1e4], ["mm", 1e3], ["µm", 1], ["nm", 1e-3]]
    .find(([, length]) => micrometres >= length) ?? ["nm", 1e-3]
  return `${Number((micrometres / size).toPrecision(3)).toLocaleString("en")} ${unit}`
}

function zoom_text(scale) {
  return scale <= 1 ? `${Number((1 / scale).toPrecision(3))} : 1` : `1 : ${Number(scale.toPrecision(3))}`
}
