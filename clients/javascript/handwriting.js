// The W3C Handwriting Recognition API (WICG/handwriting-recognition) on Ductus.
//   import { installHandwriting } from './handwriting.js';
//   installHandwriting({ address: 'http://127.0.0.1:7718', token });
//   const recognizer = await navigator.createHandwritingRecognizer({ languages: ['en'] });

import { Ductus } from './ductus.js';

/** One stroke: points `{x, y, t?}`. */
export class HandwritingStroke {
  #points = [];
  addPoint(point) { this.#points.push({ ...point }); }
  getPoints() { return this.#points.map((point) => ({ ...point })); }
  clear() { this.#points = []; }
}

class HandwritingDrawing {
  #strokes = []; #ductus; #language; #hints;
  constructor(ductus, language, hints) {
    this.#ductus = ductus;
    this.#language = language;
    this.#hints = hints;
  }
  addStroke(stroke) { this.#strokes.push(stroke); }
  removeStroke(stroke) { this.#strokes = this.#strokes.filter((other) => other !== stroke); }
  clear() { this.#strokes = []; }
  getStrokes() { return [...this.#strokes]; }

  async getPrediction() {
    const strokes = this.#strokes.map((stroke) => {
      const points = stroke.getPoints();
      const columns = { x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
      if (points.every(({ t }) => Number.isFinite(t))) columns.t = points.map(({ t }) => t);
      return columns;
    });
    const { alternatives = 3, textContext } = this.#hints;
    const { lines } = await this.#ductus.recognize(strokes, {
      language: this.#language, alternatives: Math.min(20, Math.max(0, alternatives - 1)), precedingText: textContext,
    });
    const line = lines[0];
    if (!line) return [];
    const best = { text: line.text, segmentationResult: segments(line.symbols, strokes) };
    return [best, ...line.alternatives.map(({ text }) => ({ text, segmentationResult: [] }))].slice(0, alternatives);
  }
}

/** Samples counted over all strokes become points of each stroke. */
function segments(symbols, strokes) {
  const firsts = [];
  let count = 0;
  for (const { x } of strokes) {
    firsts.push(count);
    count += x.length;
  }
  let index = 0;
  return symbols.map(({ text, samples: [first, end], strokes: own }) => {
    const beginIndex = index;
    index += text.length;
    const drawingSegments = own.map((stroke) => ({
      strokeIndex: stroke,
      beginPointIndex: Math.max(0, first - firsts[stroke]),
      endPointIndex: Math.min(strokes[stroke].x.length, end - firsts[stroke]),
    })).filter(({ beginPointIndex, endPointIndex }) => beginPointIndex < endPointIndex);
    return { grapheme: text, beginIndex, endIndex: index, drawingSegments };
  });
}

class HandwritingRecognizer {
  #ductus; #language;
  constructor(ductus, language) {
    this.#ductus = ductus;
    this.#language = language;
  }
  startDrawing(hints = {}) { return new HandwritingDrawing(this.#ductus, this.#language, hints); }
  finish() {}
}

/** Puts the API on `navigator`. An engine of the browser's own is left alone unless `replace` is set. */
export function installHandwriting({ address, token, languages = ['en'], replace = false, target = globalThis } = {}) {
  const ductus = new Ductus({ address, token });
  const { navigator } = target;
  if (navigator.createHandwritingRecognizer && !replace) return false;
  const language = ({ languages: wanted = [] } = {}) =>
    wanted.find((tag) => languages.includes(tag.toLowerCase().split('-')[0]));
  const define = (name, value) => Object.defineProperty(navigator, name, { value, configurable: true });
  define('createHandwritingRecognizer', async (constraints) => {
    const found = language(constraints);
    if (!found) throw new DOMException(`none of these languages is read: ${constraints?.languages}`, 'NotSupportedError');
    return new HandwritingRecognizer(ductus, found);
  });
  define('queryHandwritingRecognizer', async (constraints) => (language(constraints)
    ? { textAlternatives: true, textSegmentation: true, hints: { recognitionType: ['text'], inputType: ['mouse', 'stylus', 'touch'], textContext: true, alternatives: true } }
    : null));
  target.HandwritingStroke = HandwritingStroke;
  return true;
}
