// Lines across the picture that the user may take; where two cross, both are taken.

const GRAB_PX = 6
const GUIDE_MS = 33

class Guides {
  constructor(controller) {
    this.controller = controller
    this.held = []
    this.root = document.createElement("div")
    this.root.className = "vz-guides"
  }

  get lines() {
    return this.controller.state.guides ?? []
  }

  update() {
    const old = new Map([...this.root.children].map((line) => [line.dataset.name, line]))
    this.root.replaceChildren(...this.lines.map((guide) => {
      const line = old.get(guide.name) ?? document.createElement("div")
      line.className = `vz-guide vz-guide-${guide.axis}${this.held.includes(guide.name) ? " vz-guide-held" : ""}`
      line.dataset.name = guide.name
      line.style.setProperty("--colour", guide.colour)
      line.innerHTML = guide.label ? `<span>${plain(guide.label)}</span>` : ""
      return line
    }))
    this.place()
  }

  place() {
    const {controller} = this
    if (controller.size.width == 0 || controller.shared().scale == null) return
    const {x0, y0} = controller.window()
    const {scale} = controller.shared()
    this.lines.forEach((guide, at) => {
      const line = this.root.children[at]
      if (line == null) return
      const pixels = (guide.at - (guide.axis == "x" ? x0 : y0)) / scale
      line.style.transform = guide.axis == "x" ? `translateX(${pixels}px)` : `translateY(${pixels}px)`
    })
  }

  // the movable lines near a place of the picture, at most one of each direction
  near([x, y]) {
    const reach = GRAB_PX * this.controller.shared().scale
    const away = (guide) => Math.abs(guide.at - (guide.axis == "x" ? x : y))
    const found = ["x", "y"].map((axis) => this.lines
      .filter((guide) => guide.axis == axis && guide.is_movable && away(guide) <= reach)
      .sort((a, b) => away(a) - away(b))[0])
    return found.filter((guide) => guide != null).map((guide) => guide.name)
  }

  cursor(names) {
    const axes = new Set(this.lines.filter((guide) => names.includes(guide.name)).map((guide) => guide.axis))
    return axes.size == 2 ? "move" : axes.has("x") ? "ew-resize" : axes.has("y") ? "ns-resize" : "crosshair"
  }

  // lines that the arrow keys move until something else is pressed
  hold(names) {
    this.held = names
    this.update()
  }

  // shift-click: puts there what may be put, and holds it
  put([x, y]) {
    const names = this.lines.filter((guide) => guide.is_put && guide.is_movable).map((guide) => guide.name)
    if (names.length == 0) return false
    this.move(names, [x, y], true)
    this.hold(names)
    return true
  }

  // whether a key moved a line that is held: by its step, ten with shift, a tenth with alt
  nudge(event) {
    const way = {ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowDown: ["y", 1], ArrowUp: ["y", -1]}[event.key]
    if (way == null || event.ctrlKey || event.metaKey) return false
    const found = this.lines.filter((guide) => this.held.includes(guide.name) && guide.step && guide.axis == way[0])
    for (const guide of found) {
      const at = guide.at + way[1] * guide.step * (event.shiftKey ? 10 : event.altKey ? 0.1 : 1)
      this.move([guide.name], [at, at], true)
    }
    return found.length > 0
  }

  // moves at once in the page; Python hears of it at most thirty times a second, and always of the end
  move(names, [x, y], is_done = false) {
    const [rows, columns] = this.controller.state.shape
    for (const guide of this.lines.filter((each) => names.includes(each.name))) {
      guide.at = guide.axis == "x" ? Math.min(Math.max(x, 0), columns) : Math.min(Math.max(y, 0), rows)
    }
    this.place()
    clearTimeout(this.timer)
    const waited = performance.now() - (this.told ?? 0)
    if (is_done) this.tell(names, true)
    else this.timer = setTimeout(() => this.tell(names, false), Math.max(0, GUIDE_MS - waited))
  }

  tell(names, is_done) {
    this.told = performance.now()
    const at = Object.fromEntries(this.lines.filter((each) => names.includes(each.name)).map((each) => [each.name, each.at]))
    this.controller.tell("guide", {at, done: is_done})
  }

  // Python has not heard yet where the user took a line
  keep(lines) {
    for (const guide of lines ?? []) {
      const mine = this.lines.find((each) => each.name == guide.name)
      if (mine != null) mine.at = guide.at
    }
  }
}
