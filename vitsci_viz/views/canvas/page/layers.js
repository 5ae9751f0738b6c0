// Layers of one canvas: decode compressed frames into the image glyphs, without a round trip and without a flash.

async function decode(bytes) {
  const options = {premultiplyAlpha: "none", colorSpaceConversion: "none"}
  const bitmap = await createImageBitmap(new Blob([bytes]), options)
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext("2d", {willReadFrequently: true})
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

// A frame with a palette is one byte a pixel: the red channel is the index.
function to_words(pixels, palette) {
  const words = new Uint32Array(pixels.data.buffer)
  if (palette.length == 0) return words
  const colours = new Uint32Array(palette.slice().buffer)
  for (let i = 0; i < words.length; i++) words[i] = colours[words[i] & 255]
  return words
}

async function show_frame(name, controller) {
  const data = frames[name].data
  const serial = data.serial[0]
  const bytes = data.bytes[0]
  if (bytes.length == 0) {
    images[name].setv({data: {image: [], x: [], y: [], dw: [], dh: []}}, {sync: false, check_eq: false})
  } else {
    const pixels = await decode(bytes)
    if (frames[name].data.serial[0] != serial) return
    const Words = blank.data.image[0].constructor
    const image = new Words(to_words(pixels, data.palette[0]), [pixels.height, pixels.width])
    const [x0, y0, x1, y1] = data.extent[0]
    images[name].setv(
      {data: {image: [image], x: [x0], y: [y0], dw: [x1 - x0], dh: [y1 - y0]}}, {sync: false, check_eq: false})
  }
  controller.painted[name] = serial
  controller.answered()
}

function apply_layer(name, layer) {
  for (const renderer of renderers[name] ?? []) {
    renderer.setv({visible: layer.visible}, {sync: false})
    if (renderer.glyph.type == "Quad") renderer.glyph.setv({line_alpha: {value: layer.opacity}}, {sync: false})
    else renderer.glyph.setv({global_alpha: {value: layer.opacity}}, {sync: false})
  }
}

async function save_png(controller) {
  const layer = controller.view.canvas_view.compose()
  const source = layer.canvas
  const canvas = document.createElement("canvas")
  canvas.width = source.width
  canvas.height = source.height
  const context = canvas.getContext("2d")
  context.fillStyle = BACKGROUND
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(source, 0, 0)
  controller.chrome.draw_scale_bar(context, source.width / controller.size.width)
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
  const anchor = document.createElement("a")
  anchor.href = URL.createObjectURL(blob)
  anchor.download = `${(controller.state.title || "image").replace(/[^\w.-]+/g, "_")}.png`
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10000)
}
