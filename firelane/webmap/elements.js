/* Elements of a page. Texts of the data enter through textContent alone. */

function el(tag, look, text, parent) {
  const node = document.createElement(tag);
  if (look) node.className = look;
  if (text !== undefined && text !== null) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

function button(look, text, parent, act) {
  const node = el("button", look, text, parent);
  node.type = "button";
  if (act) node.addEventListener("click", act);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, parent) {
  const node = document.createElementNS(SVG, tag);
  for (const key of Object.keys(attributes)) node.setAttribute(key, attributes[key]);
  if (parent) parent.append(node);
  return node;
}

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
