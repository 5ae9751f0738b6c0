// Small tools shared by all islands; put before each script.
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "circle", "line", "rect", "g", "text"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") && value != null) node.setAttribute(name, String(value));
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
const grouped = (value) => Number(value).toLocaleString("en-US");
function icon(path) {
  return make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "icon" }, make("path", { d: path }));
}
const ICONS = {
  down: "M4 6l4 4 4-4", close: "M4 4l8 8M12 4l-8 8", folder: "M1.5 4.5v8h13v-7h-7l-1.5-2h-4.5z",
  file: "M4 1.5h5l3 3v10h-8zM9 1.5v3h3", up: "M8 13V3M4 7l4-4 4 4", save: "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3", fit: "M2.5 6v-3.5h3.5M10 2.5h3.5v3.5M13.5 10v3.5h-3.5M6 13.5h-3.5v-3.5",
  image: "M2 3h12v10h-12zM2 11l3.5-4 3 3.5 2-2 3.5 3.5", code: "M5.5 4L1.5 8l4 4M10.5 4l4 4-4 4", plus: "M8 3v10M3 8h10",
};
function download(name, mime, parts) {
  const url = URL.createObjectURL(new Blob(parts, { type: mime }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
