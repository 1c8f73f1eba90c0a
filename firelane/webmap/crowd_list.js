/* A list of any length. Texts of the data enter through textContent alone. */

const MOST_PRINTED = 300;

function away(metres) {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(metres < 10000 ? 1 : 0)} km`;
}

/* A list of which only the rows in sight exist. */
class Windowed {
  constructor(scroller, parent, height, make) {
    this.scroller = scroller;
    this.node = el("div", "windowed", null, parent);
    this.node.setAttribute("role", "list");
    this.height = height;
    this.make = make;
    this.count = 0;
    this.all = false; /* on paper */
    this.made = new Map();
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        this.fill();
      });
    };
    scroller.addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(soon).observe(scroller);
  }

  show(count) {
    this.count = count;
    this.node.style.height = `${count * this.height}px`;
    for (const node of this.made.values()) node.remove();
    this.made.clear();
    this.fill();
  }

  fill() {
    const frame = this.scroller.getBoundingClientRect();
    const above = frame.top - this.node.getBoundingClientRect().top;
    let first = Math.max(0, Math.floor(above / this.height) - 4);
    let last = Math.min(this.count, Math.ceil((above + frame.height) / this.height) + 4);
    if (this.all) [first, last] = [0, Math.min(this.count, MOST_PRINTED)];
    for (const [n, node] of this.made)
      if (n < first || n >= last) {
        node.remove();
        this.made.delete(n);
      }
    let before = null; /* in the order of the list, so that keys go through it in order */
    for (let n = first; n < last; n++) {
      let node = this.made.get(n);
      if (!node) {
        node = el("div", "entry");
        node.setAttribute("role", "listitem");
        node.setAttribute("aria-posinset", String(n + 1));
        node.setAttribute("aria-setsize", String(this.count));
        node.style.top = `${n * this.height}px`;
        node.append(this.make(n));
        this.made.set(n, node);
        if (before) before.after(node);
        else this.node.prepend(node);
      }
      before = node;
    }
  }
}
