/* The bottom sheet of a phone: three heights, dragged or tapped by its handle. */

class Sheet {
  constructor(node, handle, resized) {
    this.node = node;
    this.handle = handle;
    this.resized = resized;
    this.dragged = false;
    handle.addEventListener("click", () => this.cycle());
    this.dragging();
  }

  get phone() {
    return window.matchMedia("(max-width: 760px)").matches;
  }

  stops() {
    const all = window.innerHeight;
    return [112, Math.round(all * 0.46), Math.round(all * 0.9)];
  }

  /* Height that the sheet covers, 0 beside the map. */
  get covered() {
    return this.phone ? Math.min(this.node.getBoundingClientRect().height, window.innerHeight) : 0;
  }

  setHeight(height) {
    document.documentElement.style.setProperty("--sheet", `${height}px`);
    document.documentElement.classList.toggle("sheet-full", height > this.stops()[1] + 8);
    this.resized();
  }

  cycle() {
    if (this.dragged) return;
    const stops = this.stops();
    const now = this.node.getBoundingClientRect().height;
    const next = stops.find((stop) => stop > now + 8);
    this.setHeight(next === undefined ? stops[0] : next);
  }

  atLeastHalf() {
    if (this.phone && this.covered < this.stops()[1] - 8) this.setHeight(this.stops()[1]);
  }

  /* To the full stop, and from there back to where it was, unless it was moved meanwhile. */
  raise() {
    if (!this.phone) return;
    const full = this.stops()[2];
    this.before = this.covered < full - 8 ? this.covered : null;
    if (this.before !== null) this.setHeight(full);
  }

  lower() {
    if (this.phone && this.before && this.covered > this.stops()[2] - 8) this.setHeight(this.before);
    this.before = null;
  }

  notAboveHalf() {
    if (this.phone && this.covered > this.stops()[1] + 8) this.setHeight(this.stops()[1]);
  }

  dragging() {
    let from = null;
    this.handle.addEventListener("pointerdown", (event) => {
      from = { y: event.clientY, height: this.node.getBoundingClientRect().height };
      this.dragged = false;
      this.handle.setPointerCapture(event.pointerId);
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (!from) return;
      if (Math.abs(event.clientY - from.y) > 6) this.dragged = true;
      if (this.dragged) {
        const height = from.height + from.y - event.clientY;
        this.setHeight(Math.max(this.stops()[0], Math.min(this.stops()[2], height)));
      }
    });
    const end = () => {
      if (from && this.dragged) {
        const now = this.node.getBoundingClientRect().height;
        const nearest = this.stops().reduce((a, b) => (Math.abs(b - now) < Math.abs(a - now) ? b : a));
        this.setHeight(nearest);
      }
      from = null;
    };
    this.handle.addEventListener("pointerup", end);
    this.handle.addEventListener("pointercancel", end);
  }
}
