// Ductus from JavaScript: live pens over a WebSocket, one-shot reading and everything else over HTTP. No dependencies.
// README.md has a complete example.

/** Why the daemon refused, with what to do about it. */
export class DuctusError extends Error {
  constructor({ detail, message, remedy, status, type }) {
    super(detail ?? message ?? `HTTP ${status}`);
    this.name = 'DuctusError';
    this.remedy = remedy ?? '';
    this.status = status;
    this.type = type;
  }
}

/** Requests over HTTP. `address` is `http://127.0.0.1:7718`, or empty on a page that the daemon serves. */
export class Ductus {
  constructor({ address = '', token = '' } = {}) {
    this.address = address.replace(/\/$/, '');
    this.token = token;
  }

  async #ask(method, path, { query = {}, body, accept = 'application/json', signal } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const search = given.length ? `?${new URLSearchParams(given)}` : '';
    const headers = { Accept: accept, Authorization: `Bearer ${this.token}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await fetch(this.address + path + search, {
      method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new DuctusError({ ...problem, status: response.status });
    }
    return accept === 'application/json' ? response.json() : response.text();
  }

  /**
   * Reads ink at once. Strokes are `{x: […], y: […], t?: [ms…], p?: [0…1]}`; x grows right, y grows down.
   * Options: layout ('line' or 'page'), writer, precedingText, language, alternatives, accept, signal.
   */
  recognize(strokes, { accept, signal, ...options } = {}) {
    return this.#ask('POST', '/v1/recognize', { body: { strokes, ...options }, accept, signal });
  }

  status() { return this.#ask('GET', '/v1/status'); }
  streams(query) { return this.#ask('GET', '/v1/streams', { query }); }
  /** What a segment of a stream really says. */
  correct(stream, segment, text) {
    return this.#ask('POST', '/v1/corrections', { body: { stream, segment: String(segment), text } });
  }
  models(writer) { return this.#ask('GET', '/v1/models', { query: { writer } }); }
  rollback(generation, pipeline) { return this.#ask('POST', '/v1/rollback', { body: { generation, pipeline } }); }
  journal(query) { return this.#ask('GET', '/v1/journal', { query }); }
  /** Erases all that is kept of a writer. */
  erase(writer) { return this.#ask('DELETE', '/v1/journal', { query: { writer } }); }

  /** Lines of the owner's notes with all `words` in them. */
  notes(query) { return this.#ask('GET', '/v1/notes', { query }); }
  /** The page of such a line, as SVG. */
  notePage({ file, page, line }) { return this.#ask('GET', '/v1/notes/page', { query: { file, page, line }, accept: 'image/svg+xml' }); }

  /** A live pen; see `DuctusPen`. */
  pen(options) { return new DuctusPen({ address: this.address, token: this.token, ...options }); }
}

/**
 * A live pen. What was drawn is kept until its final came, and sent again after a reconnection: nothing is lost when the
 * network, or the daemon, goes away for a while.
 *
 * Events (`event.detail`): `state` ('connecting', 'open', 'closed'), `partial`, `final`, `event` (what was learned), `review`,
 * `refused` (the token, or the right, is missing).
 */
export class DuctusPen extends EventTarget {
  #socket; #timer; #pause = 250; #sequence = 0; #stroke = -1; #isDown = false; #packets = []; #seen = { epoch: 0, number: 0 };
  #epoch = Date.now() * 1000; #questions = new Map(); #nextQuestion = 1; #isClosed = false; #WebSocket;

  constructor({ address = '', token = '', stream, writer, device, language, precedingText, resolution, WebSocket } = {}) {
    super();
    this.address = address;
    this.token = token;
    this.stream = stream ?? `pen-${Math.random().toString(36).slice(2, 10)}`;
    this.hello = { writer, device, language, precedingText, resolution };
    this.#WebSocket = WebSocket ?? globalThis.WebSocket;
    this.state = 'closed';
  }

  /** Connects, and again whenever the connection breaks, until `close`. */
  connect() {
    this.#isClosed = false;
    clearTimeout(this.#timer);
    this.#setState('connecting');
    const base = this.address || globalThis.location.origin;
    const socket = new this.#WebSocket(`${base.replace(/^http/, 'ws')}/v1/pen`);
    this.#socket = socket;
    socket.onopen = () => this.#greet();
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#lost(socket, code, reason);
    socket.onerror = () => {};
    return this;
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#setState('closed');
  }

  /** Ink that has no final yet: packets. */
  get unread() { return this.#packets.length; }
  /** The number of the stroke that is being drawn, or was last. */
  get stroke() { return this.#stroke; }

  /**
   * Samples in the order of drawing: `{x, y, t, p?, tiltX?, tiltY?, contact?}`, t in milliseconds. `contact: false` lifts the pen.
   * Returns the number of the last stroke.
   */
  samples(points) {
    if (!points.length) return this.#stroke;
    const message = { type: 'samples', x: [], y: [] };
    const column = (name, key = name) => {
      if (points.every((point) => Number.isFinite(point[key]))) message[name] = points.map((point) => point[key]);
    };
    let first;
    for (const { x, y, contact = true } of points) {
      message.x.push(x);
      message.y.push(y);
      if (contact && !this.#isDown) this.#stroke += 1;
      if (contact) first ??= this.#stroke;
      this.#isDown = contact;
    }
    for (const name of ['t', 'p', 'tiltX', 'tiltY']) column(name);
    if (points.some(({ contact = true }) => !contact)) message.contact = points.map(({ contact = true }) => (contact ? 1 : 0));
    if (first !== undefined) message.stroke = first;
    this.#send(message, this.#stroke);
    return this.#stroke;
  }

  /** The writer is done with what is written: read it now. */
  end() { this.#send({ type: 'end' }, this.#stroke); }
  /** Takes strokes back, by their numbers. */
  retract(strokes) { this.#send({ type: 'retract', strokes }, this.#stroke); }

  /** Another writer's weights, from the next segment on. */
  setWriter(writer) {
    this.hello.writer = writer;
    if (this.state === 'open') this.#greet(this.#next());
  }

  /** What a segment really says. Resolves when it is kept on disk; whether it was learned comes as an `event`. */
  correct(segment, text) {
    return new Promise((resolve, reject) => {
      if (this.state !== 'open') return reject(new DuctusError({ message: 'not connected', remedy: 'wait until the daemon is back' }));
      const id = this.#nextQuestion++;
      this.#questions.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ type: 'correct', id, segment, text }));
    });
  }

  #send(message, stroke) {
    const packet = { sequence: this.#next(), stroke, message };
    message.sequence = packet.sequence;
    this.#packets.push(packet);
    if (this.state === 'open') this.#socket.send(JSON.stringify(message));
  }

  // Number 0 of an epoch is its first hello's.
  #next() {
    if (this.#sequence === 0) this.#sequence = 1;
    return this.#sequence++;
  }

  #greet(sequence) {
    // A daemon that kept the stream knows the number already and drops the hello; a new one takes it as the first of all.
    const before = this.#packets.length ? this.#packets[0].sequence - 1 : Math.max(0, this.#sequence - 1);
    const hello = Object.fromEntries(Object.entries(this.hello).filter(([, value]) => value));
    this.#socket.send(JSON.stringify({
      type: 'hello', token: this.token, stream: this.stream, epoch: this.#epoch, sequence: sequence ?? before,
      seenEpoch: this.#seen.epoch, seenNumber: this.#seen.number, ...hello,
    }));
  }

  #take(message) {
    switch (message.type) {
      case 'welcome':
        if (this.state === 'open') return;
        this.#pause = 250;
        this.#setState('open');
        for (const { message: packet } of this.#packets) this.#socket.send(JSON.stringify(packet));
        return;
      case 'partial':
      case 'final': {
        const { epoch, number } = this.#seen;
        if (message.epoch < epoch || (message.epoch === epoch && message.number <= number)) return;
        this.#seen = { epoch: message.epoch, number: message.number };
        if (message.type === 'final') this.#forget(message.strokes);
        break;
      }
      case 'corrected':
      case 'refused': {
        const question = this.#questions.get(message.id);
        this.#questions.delete(message.id);
        if (message.type === 'corrected') question?.resolve(message);
        else question?.reject(new DuctusError(message));
        return;
      }
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  /** What has its final is sent no more. */
  #forget(strokes) {
    if (!strokes.length) return;
    const last = Math.max(...strokes);
    let end = 0;
    this.#packets.forEach((packet, index) => { if (packet.stroke <= last && packet.message.type === 'samples') end = index + 1; });
    while (end < this.#packets.length && this.#packets[end].message.type === 'end') end += 1;
    this.#packets.splice(0, end);
  }

  #lost(socket, code, reason) {
    if (socket !== this.#socket) return;
    for (const { reject } of this.#questions.values()) reject(new DuctusError({ message: 'the connection broke', remedy: 'send it again' }));
    this.#questions.clear();
    this.#setState('closed');
    if (code === 1008 || code === 1007) this.dispatchEvent(new CustomEvent('refused', { detail: { code, reason } }));
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.connect(), this.#pause);
    this.#pause = Math.min(5000, this.#pause * 1.6);
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }
}
