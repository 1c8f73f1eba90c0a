/* Drives: poses at equal steps in the site's own metres, the vehicle about its rear axle, and where that is on the map. */

/* Metres of the site, about an origin, to [lat, lon] as the map shows them. */
class TripFrame {
  constructor(frame, plane) {
    this.half = frame.half;
    this.lon = frame.lon;
    this.lat = frame.lat;
    this.plane = plane;
  }

  world(x, y) {
    const u = x / this.half;
    const v = y / this.half;
    const t = [1, u, v, u * u, u * v, v * v, u * u * u, u * u * v, u * v * v, v * v * v];
    let lat = 0;
    let lon = 0;
    for (let i = 9; i >= 0; i--) {
      lat += this.lat[i] * t[i];
      lon += this.lon[i] * t[i];
    }
    return [lat, lon];
  }

  shown(x, y) {
    return this.plane.shown(this.world(x, y));
  }
}

class TripPath {
  /* Second differences were sent: metres to the millimetre, headings to 1e-4 rad. */
  constructor(row, columns) {
    const steps = row.runs.reduce((sum, [, n]) => sum + n, 0);
    const twice = (column, scale) => {
      const out = new Float64Array(steps + 1);
      let step = 0;
      let value = 0;
      for (let i = 0; i <= steps; i++) {
        step += column[row.at + i];
        value += step;
        out[i] = value * scale;
      }
      return out;
    };
    this.x = twice(columns.trip_x, 1e-3);
    this.y = twice(columns.trip_y, 1e-3);
    this.heading = twice(columns.trip_heading, 1e-4);
    this.steps = steps;
    this.chainage = new Float64Array(steps + 1);
    this.gear = new Int8Array(steps);
    let i = 0;
    for (const [gear, n, length] of row.runs)
      for (let k = 0; k < n; k++, i++) {
        this.gear[i] = gear;
        this.chainage[i + 1] = this.chainage[i] + length / n;
      }
    this.length = this.chainage[steps];
  }

  step(chainage) {
    let low = 0;
    let high = this.steps - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.chainage[middle] <= chainage) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  /* Of a step, positive to the left [1/m], whatever the direction of travel. */
  bend(i) {
    return (this.heading[i + 1] - this.heading[i]) / (this.gear[i] * (this.chainage[i + 1] - this.chainage[i]));
  }

  at(chainage) {
    if (!this.steps) return { x: this.x[0], y: this.y[0], heading: this.heading[0], curvature: 0, gear: 1, chainage: 0, step: 0 };
    const s = Math.min(Math.max(chainage, 0), this.length);
    const i = this.step(s);
    const d = this.chainage[i + 1] - this.chainage[i];
    const gone = s - this.chainage[i];
    const gear = this.gear[i];
    const arc = (way) => {
      const half = (this.bend(i) * way) / 2;
      const chord = Math.abs(half) > 1e-9 ? (way * Math.sin(half)) / half : way;
      return [chord * Math.cos(this.heading[i] + half), chord * Math.sin(this.heading[i] + half)];
    };
    const [x, y] = arc(gear * gone);
    /* the pose at the step's end is met exactly: what rounding left is spread over the step */
    const [ex, ey] = arc(gear * d);
    const share = gone / d;
    const left = [this.x[i + 1] - this.x[i] - ex, this.y[i + 1] - this.y[i] - ey];
    /* the wheels turn from the middle of one step to that of the next */
    const other = share < 0.5 ? i - 1 : i + 1;
    let curvature = this.bend(i);
    if (other >= 0 && other < this.steps && this.gear[other] === gear) {
      const w = Math.abs(share - 0.5);
      curvature = (1 - w) * curvature + w * this.bend(other);
    }
    return {
      x: this.x[i] + x + share * left[0], y: this.y[i] + y + share * left[1],
      heading: this.heading[i] + this.bend(i) * gear * gone, curvature, gear, chainage: s, step: i,
    };
  }
}

/* A vehicle's own axes: x ahead of the rear axle, y to the left [m]. */
class TripVehicle {
  constructor([front, rear, half, wheelbase, track]) {
    Object.assign(this, { front, rear, half, wheelbase, track });
    const cab = front - Math.min(1.9, front / 3);
    this.body = [[front, half], [front, -half], [-rear, -half], [-rear, half]];
    this.cab = [[cab, half], [cab, -half]];
    this.lamps = [[[-rear, half], [-rear, half - 0.45]], [[-rear, -half], [-rear, 0.45 - half]]];
    this.glass = [[front - 0.25, half - 0.2], [front - 0.25, 0.2 - half], [front - 0.75, 0.2 - half], [front - 0.75, half - 0.2]];
  }

  put(pose, points) {
    const c = Math.cos(pose.heading);
    const s = Math.sin(pose.heading);
    return points.map(([x, y]) => [pose.x + c * x - s * y, pose.y + s * x + c * y]);
  }

  /* Angle of the front axle's middle [rad], positive to the left. */
  steering(pose) {
    return Math.atan(this.wheelbase * pose.curvature);
  }

  /* Four wheels; each front one stands square to its own circle. */
  wheels(pose) {
    const LENGTH = 1.0;
    const WIDTH = 0.3;
    const out = [];
    for (const x of [this.wheelbase, 0])
      for (const side of [1, -1]) {
        const y = side * (this.track - WIDTH / 2);
        const k = pose.curvature;
        const turned = x ? Math.atan2(this.wheelbase * k, 1 - y * k) : 0;
        const c = Math.cos(turned);
        const s = Math.sin(turned);
        const corners = [[LENGTH / 2, WIDTH / 2], [LENGTH / 2, -WIDTH / 2], [-LENGTH / 2, -WIDTH / 2], [-LENGTH / 2, WIDTH / 2]];
        out.push(this.put(pose, corners.map(([a, b]) => [x + c * a - s * b, y + s * a + c * b])));
      }
    return out;
  }

  /* What the body passes over from one pose to the next: rings that all turn the same way, so that a non-zero fill joins them. */
  passed(before, after) {
    const a = this.put(before, this.body);
    const b = this.put(after, this.body);
    const rings = [b];
    for (const [i, j] of [[0, 1], [3, 2]]) rings.push([a[i], a[j], b[j]], [a[i], b[j], b[i]]);
    return rings.map((ring) => (ringArea(ring) < 0 ? ring.reverse() : ring));
  }
}

function ringArea(ring) {
  let sum = 0;
  ring.forEach(([x, y], i) => {
    const [u, v] = ring[(i + 1) % ring.length];
    sum += x * v - u * y;
  });
  return sum / 2;
}
