// Navigation of one canvas: pan, zoom, fit, keys, linked views; tells Python the window and the cursor.
// Runs as the body of a Bokeh CustomJS for every trigger; attaches itself once to each view of the figure.
// The view is a centre and a scale (image pixels per CSS pixel), so the aspect is true whatever the size.

const LIMITS = {closest: 1 / 64, farthest: 4}
const THROTTLE_MS = {window: 60, probe: 80, unanswered: 300}

class Controller {
  constructor(view) {
    this.view = view
    this.hit = view.canvas_view.events_el
    this.size = {width: 0, height: 0}
    this.state = {}
    this.last_sent = 0
    this.painted = {}
    this.guides = new Guides(this)
    this.chrome = new Chrome(this)
    // canvases that share the view know each other, in the page alone
    this.peers = link.vitsci_peers ??= new Set()
    this.peers.add(this)
    this.listen()
    this.read_state()
    for (const name of Object.keys(frames)) show_frame(name, this)
  }

  // ---- geometry ------------------------------------------------------------------------------------------------
  measure() {
    const {width, height} = this.view.frame.bbox
    const is_seen = width > 1 && height > 1
    if (is_seen) this.size = {width, height}
    return is_seen
  }

  resize() {
    if (!this.measure()) return
    const {scale, fitted} = this.shared()
    if (this.wanted_box != null) this.show_box(...this.wanted_box)
    else if (scale == null || fitted) this.fit()
    else this.apply()
    this.report()
  }

  // the axes of the picture: planes of one volume share a centre along the axis that they have in common
  axes() {
    return this.state.axes ? this.state.axes.map((axis) => axis.name) : ["x", "y"]
  }

  shared() {
    const [rows, columns] = this.state.shape
    const [cx, cy] = this.axes().map((axis) => link.data[`c${axis}`]?.[0])
    return {cx: cx ?? columns / 2, cy: cy ?? rows / 2, scale: link.data.scale[0], fitted: link.data.fitted[0]}
  }

  // what fits the smallest of the linked canvases in sight fits them all
  fit_scale() {
    const seen = [...this.peers].filter((peer) => peer.size.width > 1 && peer.hit.checkVisibility())
    return Math.max(...(seen.length ? seen : [this]).map(({size, state}) => {
      const [rows, columns] = state.axes ? state.shape : this.state.shape
      return Math.max(columns / size.width, rows / size.height)
    })) * 1.04
  }

  fit() {
    const centre = {}
    for (const peer of [...this.peers, this]) {
      const [rows, columns] = peer.state.shape
      const [across, down] = peer.axes()
      Object.assign(centre, {[`c${across}`]: [columns / 2], [`c${down}`]: [rows / 2]})
    }
    this.share(centre, this.fit_scale(), true)
  }

  go(cx, cy, scale) {
    const [rows, columns] = this.state.shape
    const largest = LIMITS.farthest * this.fit_scale()
    const [across, down] = this.axes()
    const centre = {[`c${across}`]: [Math.min(Math.max(cx, 0), columns)], [`c${down}`]: [Math.min(Math.max(cy, 0), rows)]}
    this.share(centre, Math.min(Math.max(scale, LIMITS.closest), Math.max(largest, LIMITS.closest)))
  }

  show_box(x0, y0, x1, y1) {
    // a canvas that is not in sight yet has no size to fit the box to
    this.wanted_box = this.size.width > 0 ? null : [x0, y0, x1, y1]
    if (this.wanted_box != null) return
    const scale = Math.max((x1 - x0) / this.size.width, (y1 - y0) / this.size.height)
    this.go((x0 + x1) / 2, (y0 + y1) / 2, scale)
  }

  zoom(factor, at = null) {
    const {cx, cy, scale} = this.shared()
    const [rows, columns] = this.state.shape
    const next = Math.min(Math.max(scale * factor, LIMITS.closest), LIMITS.farthest * this.fit_scale())
    const [x, y] = at ?? [cx, cy]
    const kept = next / scale
    this.go(x + (cx - x) * kept, y + (cy - y) * kept, next)
  }

  pan(dx, dy) {
    const {cx, cy, scale} = this.shared()
    this.go(cx + dx * scale, cy + dy * scale, scale)
  }

  share(centre, scale, fitted = false) {
    link.setv({data: {...link.data, ...centre, scale: [scale], fitted: [fitted]}}, {sync: false, check_eq: false})
  }

  window() {
    const {cx, cy, scale} = this.shared()
    const [half_x, half_y] = [this.size.width * scale / 2, this.size.height * scale / 2]
    return {x0: cx - half_x, y0: cy - half_y, x1: cx + half_x, y1: cy + half_y}
  }

  to_image(event) {
    const box = this.hit.getBoundingClientRect()
    const {x0, y0} = this.window()
    const {scale} = this.shared()
    return [x0 + (event.clientX - box.left) * scale, y0 + (event.clientY - box.top) * scale]
  }

  // one repaint per animation frame, however many events came
  apply() {
    if (this.size.width == 0 || this.shared().scale == null) return
    if (this.is_painting) return
    this.is_painting = true
    requestAnimationFrame(() => {
      this.is_painting = false
      const {x0, y0, x1, y1} = this.window()
      x_range.setv({start: x0, end: x1}, {sync: false})
      y_range.setv({start: y1, end: y0}, {sync: false})
      this.chrome.place()
      this.report()
    })
  }

  // ---- to Python -----------------------------------------------------------------------------------------------
  report() {
    if (this.report_timer != null || this.size.width == 0) return
    const waited = performance.now() - this.last_sent
    const pause = this.is_answered === false ? THROTTLE_MS.unanswered : THROTTLE_MS.window
    this.report_timer = setTimeout(() => {
      this.report_timer = null
      this.send_window()
    }, Math.max(0, pause - waited))
  }

  answered() {
    this.is_answered = true
    if (this.report_timer != null) {
      clearTimeout(this.report_timer)
      this.report_timer = null
      this.report()
    }
  }

  send_window() {
    const {x0, y0, x1, y1} = this.window()
    const ratio = Math.min(window.devicePixelRatio || 1, 2)
    const sent = {
      x0: [x0], y0: [y0], x1: [x1], y1: [y1],
      width: [Math.max(1, Math.round(this.size.width * ratio))],
      height: [Math.max(1, Math.round(this.size.height * ratio))],
    }
    const text = JSON.stringify(sent)
    if (text == this.sent) return
    this.sent = text
    this.last_sent = performance.now()
    this.is_answered = false
    windows.data = sent
  }

  probe(point) {
    this.probed = point
    this.chrome.cursor(point)
    if (this.probe_timer != null) return
    const waited = performance.now() - (this.last_probe ?? 0)
    this.probe_timer = setTimeout(() => {
      this.probe_timer = null
      this.last_probe = performance.now()
      const at = this.probed
      probes.data = {x: [at ? at[0] : 0], y: [at ? at[1] : 0], inside: [at ? 1 : 0]}
    }, Math.max(0, THROTTLE_MS.probe - waited))
  }

  tell(kind, value) {
    events.data = {kind: [kind], value: [JSON.stringify(value)], serial: [(events.data.serial[0] ?? 0) + 1]}
  }

  // ---- from Python ---------------------------------------------------------------------------------------------
  read_state() {
    const before = this.state
    this.state = JSON.parse(state.data.json[0])
    if (this.state.events_seen < events.data.serial[0]) {
      this.keep_layers(before.layers)
      this.guides.keep(before.guides)
    }
    if (this.state.image_serial !== before.image_serial && before.image_serial != null && this.size.width) this.fit()
    for (const [name, layer] of Object.entries(this.state.layers)) apply_layer(name, layer)
    const command = this.state.command
    if (command && command.serial !== this.command_serial) {
      this.command_serial = command.serial
      if (this.size.width == 0) this.measure()
      if (command.name == "fit") this.fit()
      if (command.name == "go") this.show_box(...command.box)
    }
    this.chrome.update()
  }

  // Python has not heard yet what the user toggled last: the page knows better
  keep_layers(layers) {
    for (const [name, {visible, opacity}] of Object.entries(layers ?? {})) {
      if (name in this.state.layers) Object.assign(this.state.layers[name], {visible, opacity})
    }
  }

  // the digits 1-9 stand for the layers that show something, bottom to top
  offered() {
    return Object.keys(this.state.layers).filter((name) => this.state.layers[name].offered)
  }

  set_layer(name, changes) {
    Object.assign(this.state.layers[name], changes)
    apply_layer(name, this.state.layers[name])
    this.chrome.update()
    this.tell("layer", {name, ...this.state.layers[name]})
  }

  // ---- from the user -------------------------------------------------------------------------------------------
  listen() {
    const hit = this.hit
    hit.setAttribute("role", "application")
    hit.setAttribute("aria-label", "Image canvas. Plus and minus zoom, arrows pan, 0 fits, brackets change the slice, "
      + "digits toggle layers, s saves a PNG.")
    hit.style.touchAction = "none"
    hit.style.cursor = "crosshair"
    suppress_shortcuts(hit)
    hit.addEventListener("wheel", (event) => {
      event.preventDefault()
      if (this.state.wheel == "slice" && !event.ctrlKey) {
        this.turn(event)
        return
      }
      // a pinch on a touchpad comes as a wheel with the control key, in much smaller steps
      const unit = event.deltaMode == 1 ? 32 : event.deltaMode == 2 ? 400 : event.ctrlKey ? 5 : 1
      const pixels = event.deltaY * unit
      this.zoom(Math.exp(Math.max(-400, Math.min(400, pixels)) * 0.002), this.to_image(event))
    }, {passive: false})
    hit.addEventListener("dblclick", () => this.fit())
    hit.addEventListener("pointerdown", (event) => this.press(event))
    hit.addEventListener("pointermove", (event) => {
      const point = this.to_image(event)
      this.probe(point)
      if (event.buttons == 0) hit.style.cursor = this.guides.cursor(this.guides.near(point))
    })
    hit.addEventListener("pointerleave", () => this.probe(null))
    hit.addEventListener("keydown", (event) => this.key(event))
  }

  // the wheel goes through the slices: those that came together are one step of several
  turn(event) {
    const unit = event.deltaMode == 1 ? 40 : event.deltaMode == 2 ? 400 : 1
    this.turned = (this.turned ?? 0) + event.deltaY * unit / 100
    this.turn_timer ??= setTimeout(() => {
      this.turn_timer = null
      const steps = Math.round(this.turned) || Math.sign(this.turned)
      this.turned = 0
      if (steps) this.tell("slice", steps)
    }, 33)
  }

  press(event) {
    if (event.button != 0) return
    const hit = this.hit
    hit.focus({preventScroll: true})
    hit.setPointerCapture(event.pointerId)
    const start = [event.clientX, event.clientY]
    const corner = this.to_image(event)
    const is_box = event.shiftKey
    const taken = is_box ? [] : this.guides.near(corner)
    this.guides.hold(taken)
    let last = start
    const move = (moved) => {
      if (taken.length) {
        this.guides.move(taken, this.to_image(moved))
        return
      }
      if (is_box) this.chrome.band(corner, this.to_image(moved))
      else this.pan(last[0] - moved.clientX, last[1] - moved.clientY)
      last = [moved.clientX, moved.clientY]
      hit.style.cursor = is_box ? "crosshair" : "grabbing"
    }
    const end = (ended) => {
      hit.removeEventListener("pointermove", move)
      hit.removeEventListener("pointerup", end)
      hit.removeEventListener("pointercancel", end)
      hit.style.cursor = "crosshair"
      const is_click = Math.hypot(ended.clientX - start[0], ended.clientY - start[1]) < 4
      if (taken.length && !is_click) this.guides.move(taken, this.to_image(ended), true)
      else if (is_click && is_box && this.guides.put(this.to_image(ended))) this.chrome.band(null)
      else if (is_click && this.state.clicks) this.tell("click", this.to_image(ended))
      if (!is_box) return
      this.chrome.band(null)
      const other = this.to_image(ended)
      const [xs, ys] = [0, 1].map((axis) => [corner[axis], other[axis]].sort((a, b) => a - b))
      if (Math.hypot(ended.clientX - start[0], ended.clientY - start[1]) > 6) this.show_box(xs[0], ys[0], xs[1], ys[1])
    }
    hit.addEventListener("pointermove", move)
    hit.addEventListener("pointerup", end)
    hit.addEventListener("pointercancel", end)
  }

  key(event) {
    if (this.guides.nudge(event)) {
      event.preventDefault()
      event.stopPropagation()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = {x: this.size.width * 0.15, y: this.size.height * 0.15}
    const names = this.offered()
    const actions = {
      "+": () => this.zoom(1 / 1.4), "=": () => this.zoom(1 / 1.4), "-": () => this.zoom(1.4), "_": () => this.zoom(1.4),
      "ArrowLeft": () => this.pan(-step.x, 0), "ArrowRight": () => this.pan(step.x, 0),
      "ArrowUp": () => this.pan(0, -step.y), "ArrowDown": () => this.pan(0, step.y),
      "0": () => this.fit(), "f": () => this.fit(),
      "[": () => this.tell("slice", -1), "]": () => this.tell("slice", 1),
      "s": () => save_png(this), "?": () => this.chrome.toggle_keys(), "Escape": () => this.chrome.toggle_keys(false),
    }
    const name = /^[1-9]$/.test(event.key) ? names[Number(event.key) - 1] : null
    const action = name ? () => this.set_layer(name, {visible: !this.state.layers[name].visible}) : actions[event.key]
    if (action == null) return
    event.preventDefault()
    event.stopPropagation()
    action()
  }
}

// Notebooks catch single keys for their own commands unless an element around the focus says not to.
function suppress_shortcuts(element) {
  for (let node = element; node; node = node.getRootNode().host) {
    node.setAttribute("data-lm-suppress-shortcuts", "true")
  }
}
