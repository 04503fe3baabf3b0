// The sheet: takes what the pen reports as it is, draws it, knows its strokes.

/** Events: `samples` (detail: points of one report), `down`, `up`. Positions are in CSS pixels of the sheet, times in ms. */
export class Sheet extends EventTarget {
  strokes = [];
  fingersWrite = false;
  #canvas; #context; #active; #sawPen = false; #stroke; #pending = []; #frame = 0;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { desynchronized: true });
    new ResizeObserver(() => this.#resize()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    const on = (name, handler) => canvas.addEventListener(name, handler, { passive: false });
    on('pointerdown', (event) => this.#down(event));
    on('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) on(name, (event) => this.#up(event));
    on('touchmove', (event) => event.preventDefault());
    on('contextmenu', (event) => event.preventDefault());
    document.addEventListener('visibilitychange', () => { if (document.hidden && this.#active !== undefined) this.#lift(); });
    this.#resize();
  }

  /** Whether a pointer may write: after a pen was seen, a palm does not. */
  #mayWrite({ pointerType, isPrimary, button, buttons }) {
    if (pointerType === 'pen') this.#sawPen = true;
    if (pointerType === 'touch') return isPrimary && (!this.#sawPen || this.fingersWrite);
    return pointerType === 'pen' ? true : button === 0 || buttons === 1;
  }

  #down(event) {
    if (!this.#mayWrite(event)) return;
    event.preventDefault();
    // The pen came while a finger rested: the pen it is.
    if (this.#active !== undefined) this.#lift();
    this.#canvas.focus({ preventScroll: true });
    try { this.#canvas.setPointerCapture(event.pointerId); } catch { /* It is gone already. */ }
    this.#active = event.pointerId;
    this.#stroke = { points: [], state: 'open' };
    this.strokes.push(this.#stroke);
    this.dispatchEvent(new CustomEvent('down', { detail: this.#stroke }));
    this.#take(event);
  }

  #move(event) {
    if (event.pointerId !== this.#active) return;
    event.preventDefault();
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#take(each);
  }

  #up(event) {
    if (event.pointerId !== this.#active) return;
    this.#lift(event.timeStamp);
  }

  #lift(time = performance.now()) {
    const last = this.#stroke.points.at(-1);
    this.#active = undefined;
    if (last) this.#pending.push({ ...last, t: Math.max(time, last.t), contact: false });
    this.#flush();
    const stroke = this.#stroke;
    this.#stroke = undefined;
    this.dispatchEvent(new CustomEvent('up', { detail: stroke }));
  }

  #take(event) {
    const box = this.#canvas.getBoundingClientRect();
    const point = {
      x: event.clientX - box.left, y: event.clientY - box.top, t: event.timeStamp, p: event.pressure,
      tiltX: event.tiltX ?? 0, tiltY: event.tiltY ?? 0,
    };
    const points = this.#stroke.points;
    this.#segment(points.at(-1) ?? point, point, this.#stroke);
    points.push(point);
    this.#pending.push(point);
    this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  /** What came since the last frame goes out together. */
  #flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const points = this.#pending;
    this.#pending = [];
    if (points.length) this.dispatchEvent(new CustomEvent('samples', { detail: { points, stroke: this.#stroke } }));
  }

  remove(strokes) {
    const gone = new Set(strokes);
    this.strokes = this.strokes.filter((stroke) => !gone.has(stroke));
    this.draw();
  }

  #resize() {
    const ratio = Math.min(devicePixelRatio || 1, 3);
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw();
  }

  /** Draws everything, or what lies where these strokes do. */
  draw(changed) {
    if (changed && !changed.length) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const style = getComputedStyle(document.documentElement);
    this.colors = { open: style.getPropertyValue('--ink'), read: style.getPropertyValue('--soft'), rule: style.getPropertyValue('--rule') };
    const context = this.#context;
    const area = changed ? bounds(changed, 4) : { left: 0, top: 0, right: width, bottom: height };
    context.save();
    context.beginPath();
    context.rect(Math.floor(area.left), Math.floor(area.top), Math.ceil(area.right - area.left) + 1, Math.ceil(area.bottom - area.top) + 1);
    context.clip();
    context.clearRect(0, 0, width, height);
    context.strokeStyle = this.colors.rule;
    context.lineWidth = 1;
    const step = Math.max(56, Math.min(96, height / 5));
    context.beginPath();
    for (let y = step; y < height - 8; y += step) {
      context.moveTo(0, Math.round(y) + 0.5);
      context.lineTo(width, Math.round(y) + 0.5);
    }
    context.stroke();
    for (const stroke of this.strokes) {
      stroke.box ??= stroke === this.#stroke ? undefined : bounds([stroke], 4);
      const { left, top, right, bottom } = stroke.box ?? area;
      if (left < area.right && right > area.left && top < area.bottom && bottom > area.top) drawStroke(context, stroke, this.colors[stroke.state]);
    }
    context.restore();
  }

  #segment(from, to, stroke) {
    const context = this.#context;
    context.strokeStyle = this.colors[stroke.state];
    context.lineWidth = lineWidth(to);
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y + (from === to ? 0.01 : 0));
    context.stroke();
  }
}

/** In steps of an eighth of a pixel. */
const lineWidth = ({ p }) => 1.3 + Math.round(16 * (p > 0 && p < 1 ? p : 0.5)) / 8;

/** Draws a stroke, also elsewhere: in the dialog of a word. */
export function drawStroke(context, { points }, color, move = (point) => point) {
  context.strokeStyle = color;
  context.lineCap = context.lineJoin = 'round';
  // Of equal width are drawn together.
  for (let first = 0; first < points.length;) {
    const width = lineWidth(points[first]);
    let from = move(points[Math.max(0, first - 1)]);
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(from.x, from.y);
    for (; first < points.length && lineWidth(points[first]) === width; first += 1) {
      from = move(points[first]);
      context.lineTo(from.x, from.y + (first ? 0 : 0.01));
    }
    context.stroke();
  }
}

/** The box around strokes, with a margin. */
export function bounds(strokes, margin = 0) {
  const points = strokes.flatMap(({ points }) => points);
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, top] = [Math.min(...xs) - margin, Math.min(...ys) - margin];
  const [right, bottom] = [Math.max(...xs) + margin, Math.max(...ys) + margin];
  return { left, top, right, bottom, width: right - left, height: bottom - top };
}

/**
 * The strokes that a stroke scratches out; empty if it is writing. A scratch runs to and fro at least six times, flat, over ink that
 * lies mostly within it.
 */
export function scratched(stroke, others) {
  const { points } = stroke;
  if (points.length < 12) return [];
  const box = bounds([stroke]);
  if (box.width < 24 || box.height > box.width * 1.2) return [];
  let turns = 0;
  let extreme = points[0].x;
  let direction = 0;
  for (const { x } of points) {
    const moved = x - extreme;
    if (moved * direction > 0) {
      extreme = x;
    } else if (Math.abs(moved) > box.width * 0.35) {
      if (direction) turns += 1;
      direction = Math.sign(moved);
      extreme = x;
    }
  }
  if (turns < 6) return [];
  const [left, right, top, bottom] = [box.left - 6, box.right + 6, box.top - 12, box.bottom + 12];
  return others.filter((other) => other !== stroke
    && other.points.filter(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom).length >= other.points.length * 0.6);
}
