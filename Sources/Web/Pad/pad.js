// The pad: what is written above is read below, and what is corrected is learned.

import { Ductus, DuctusPen } from './ductus.js';
import { Sheet, bounds, drawStroke, scratched } from './ink.js';
import { inkML, save, svg } from './save.js';
import { element, keep, kept, make, percent, takeToken } from './session.js';

const token = takeToken();
const ductus = new Ductus({ token });
const pen = new DuctusPen({
  token, stream: `pad-${kept('pad') ?? newPad()}`, writer: kept('writer'), device: 'pad', language: 'en', resolution: 96 / 25.4,
});
const sheet = new Sheet(element('canvas'));
/** Lines that were read: `{item, event, text, strokes, mark}`. */
const lines = [];
let note;

function newPad() {
  const name = Math.random().toString(36).slice(2, 8);
  keep('pad', name);
  return name;
}

// ---- Ink goes out

sheet.addEventListener('down', ({ detail: stroke }) => {
  element('invitation').classList.add('gone');
  stroke.number = pen.stroke + 1;
  tools();
});
sheet.addEventListener('samples', ({ detail: { points } }) => pen.samples(points));
sheet.addEventListener('up', ({ detail: stroke }) => {
  const gone = scratched(stroke, sheet.strokes.filter(({ state }) => state === 'open'));
  if (gone.length) take([...gone, stroke]);
  tools();
});

const openStrokes = () => sheet.strokes.filter(({ state }) => state === 'open');

/** Takes strokes back, from the sheet and from the reading. */
function take(strokes) {
  pen.retract(strokes.map(({ number }) => number));
  sheet.remove(strokes);
  if (!openStrokes().length) openLine();
}

element('undo').onclick = () => {
  const last = openStrokes().at(-1);
  if (last) take([last]);
  tools();
};
element('done').onclick = () => pen.end();
element('clear').onclick = () => {
  if (openStrokes().length) pen.end();
  for (const stroke of sheet.strokes) stroke.state = 'read';
  sheet.remove(sheet.strokes);
  element('invitation').classList.remove('gone');
  tools();
};
document.addEventListener('keydown', (event) => {
  if (event.target.matches('input, button, a') || element('word').open) return;
  if (event.key === 'z' && (event.ctrlKey || event.metaKey)) element('undo').click();
  else if (event.key === 'Enter') element('done').click();
  else return;
  event.preventDefault();
});

function tools() {
  const open = openStrokes().length;
  element('undo').disabled = !open;
  element('done').disabled = !open;
  element('clear').disabled = !sheet.strokes.length;
}

// ---- Text comes in

pen.addEventListener('partial', ({ detail }) => openLine(detail));
pen.addEventListener('final', ({ detail }) => {
  const own = new Set(detail.strokes);
  const strokes = sheet.strokes.filter(({ number }) => own.has(number));
  for (const stroke of strokes) stroke.state = 'read';
  openLine();
  tools();
  if (detail.text.trim()) {
    addLine(detail, strokes);
    say(detail.text);
  }
  // The text comes first: ink takes longer to draw, and its frame would hold the text up.
  requestAnimationFrame(() => setTimeout(() => sheet.draw(strokes)));
});

let told = '';
function openLine({ text = '', committed = 0 } = {}) {
  const scalars = [...text];
  const firm = scalars.slice(0, committed).join('');
  const node = element('open-line');
  node.replaceChildren(...(text ? [make('span', { text: firm }), make('span', { className: 'light', text: scalars.slice(committed).join('') })] : []));
  if (text) node.scrollIntoView({ block: 'nearest' });
  // Whole words only: half of one is noise in the ear.
  const words = firm.slice(0, firm.lastIndexOf(' ') + 1);
  if (words.length > told.length) element('live').textContent = words.slice(words.startsWith(told) ? told.length : 0);
  told = words;
}

function say(text) { element('live').textContent = text; told = ''; }

const level = (confidence) => (confidence < 0.6 ? 'doubtful' : confidence < 0.85 ? 'unsure' : '');

function addLine(event, strokes) {
  const line = { event, strokes, text: event.text, item: make('li') };
  lines.push(line);
  element('lines').append(line.item);
  drawLine(line);
  line.item.scrollIntoView({ block: 'nearest' });
}

function drawLine(line) {
  const nodes = line.corrected
    ? [wordButton(line, { text: line.text, candidates: [line.text, line.event.text], symbols: [0, Infinity] }, 'corrected', true)]
    : line.event.words.map((word) => wordButton(line, word, level(word.confidence)));
  line.item.replaceChildren(...nodes.flatMap((node, index) => (index ? [' ', node] : [node])));
  if (line.mark) line.item.append(make('span', { className: `mark ${line.mark.className}`, text: line.mark.text }));
}

function wordButton(line, word, className, isLine = false) {
  const meaning = { unsure: 'unsure', doubtful: 'doubtful' }[className];
  return make('button', {
    type: 'button', className: `word ${className}`, text: word.text, title: meaning ? `${meaning}: tap to correct` : 'Tap to correct',
    ariaLabel: meaning ? `${word.text}, ${meaning}` : word.text, onclick: () => ask(line, word, isLine),
  });
}

// ---- Corrections

let asked;
function ask(line, word, isLine) {
  asked = { line, word };
  element('word-title').textContent = isLine ? 'What does the line say?' : 'What does it say?';
  element('candidates').replaceChildren(...[...new Set(word.candidates)].map((text) => make('button', {
    type: 'button', text, className: text === word.text ? 'on' : '', onclick: () => answer(text),
  })));
  element('word-text').value = word.text;
  element('word').showModal();
  element('word-text').select();
  drawWord(line, word);
}

/** The ink of the word, so that nobody has to guess. */
function drawWord({ event, strokes }, { symbols: [first, end] }) {
  const canvas = element('word-ink');
  const own = event.symbols.slice(first, end);
  const [low, high] = [Math.min(...own.map((symbol) => symbol[4])), Math.max(...own.map((symbol) => symbol[5]))];
  const numbers = new Set(event.strokes.slice(low, high));
  const shown = strokes.filter(({ number }) => numbers.has(number));
  canvas.hidden = !shown.length;
  if (!shown.length) return;
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, 72];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const box = bounds(shown);
  const scale = Math.min((width - 24) / Math.max(box.width, 1), (height - 20) / Math.max(box.height, 1), 1.6);
  const [left, top] = [(width - box.width * scale) / 2, (height - box.height * scale) / 2];
  for (const stroke of shown) {
    drawStroke(context, stroke, sheet.colors.open, ({ x, y }) => ({ x: left + (x - box.left) * scale, y: top + (y - box.top) * scale }));
  }
}

element('word-cancel').onclick = () => element('word').close();
element('word-form').onsubmit = (event) => {
  event.preventDefault();
  answer(element('word-text').value);
};

async function answer(text) {
  element('word').close();
  const { line, word } = asked;
  const before = line.text;
  const symbols = line.event.symbols;
  line.text = line.corrected ? text
    : [...symbols.slice(0, word.symbols[0]).map(([symbol]) => symbol), text, ...symbols.slice(word.symbols[1]).map(([symbol]) => symbol)].join('');
  line.text = line.text.replace(/\s+/g, ' ').trim();
  try {
    const { correction } = await pen.correct(line.event.segment, line.text);
    line.corrected = true;
    line.mark = { className: '', text: 'kept' };
    drawReviews();
    learning('', `“${line.text}” is kept as correction ${correction}. Ductus learns in the background as soon as there are two.`);
    say(`Corrected: ${line.text}`);
  } catch (problem) {
    line.text = before;
    tell(`${problem.message}. ${problem.remedy}`);
  }
  drawLine(line);
}

pen.addEventListener('event', ({ detail: { event } }) => {
  const trial = event.promotion ?? event.rejection;
  if (trial) {
    const figures = trial.heldOutBefore !== undefined && trial.heldOutAfter !== undefined
      ? ` Errors on kept-back corrections: ${percent(trial.heldOutBefore)} → ${percent(trial.heldOutAfter)}.`
      : '';
    const canary = trial.canaryBefore !== undefined && trial.canaryAfter !== undefined
      ? ` On other hands: ${percent(trial.canaryBefore)} → ${percent(trial.canaryAfter)}.` : '';
    const who = trial.generation?.writer || 'everyone';
    if (event.promotion) learning('good', `Learned: ${who} reads with generation ${trial.generation?.number ?? '?'}.${figures}${canary}`);
    else learning('bad', `Held back by the gate (${trial.reason || 'no gain'}).${figures}${canary}`);
    for (const line of lines) {
      if (line.mark?.text === 'kept') line.mark = event.promotion ? { className: 'good', text: 'learned' } : { className: 'bad', text: 'held back' };
      if (line.mark) drawLine(line);
    }
    generations();
  } else if (event.rollback) {
    learning('', `Rolled back to generation ${event.rollback.to?.number ?? 0}.`);
    generations();
  }
});

let learned = false;
function learning(className, text) {
  if (!learned) element('learning').replaceChildren();
  learned = true;
  element('learning').prepend(make('li', { className, text }));
  tell(text);
}

// ---- What is worth a look

const reviews = new Map();
pen.addEventListener('review', ({ detail: { review } }) => {
  reviews.set(Number(review.segment), review);
  while (reviews.size > 12) reviews.delete(reviews.keys().next().value);
  drawReviews();
});

function drawReviews() {
  const items = [...reviews].reverse().map(([segment, review]) => {
    const line = lines.find(({ event }) => event.segment === segment);
    if (!line || line.corrected) return undefined;
    const whole = { text: line.text, candidates: [line.text, ...line.event.alternatives.map(({ text }) => text)], symbols: [0, Infinity] };
    return make('li', {}, make('span', { text: review.text }), make('button', {
      type: 'button', text: 'Correct', onclick: () => { line.corrected = false; ask(line, whole, true); },
    }));
  }).filter(Boolean);
  element('review').replaceChildren(...(items.length ? items : [make('li', { className: 'quiet', text: 'Nothing at present.' })]));
}

// ---- The writer

function showWriter() { element('writer-name').textContent = pen.hello.writer || 'Anyone'; }
element('writer').value = pen.hello.writer ?? '';
element('writer-form').onsubmit = (event) => {
  event.preventDefault();
  const writer = element('writer').value.trim();
  keep('writer', writer);
  pen.setWriter(writer || undefined);
  showWriter();
  generations();
};

async function generations() {
  const writer = pen.hello.writer;
  try {
    const { generations: all = [] } = await ductus.models(writer);
    const own = all.filter(({ generation }) => (generation?.writer ?? '') === (writer ?? ''));
    const used = own.find(({ inUse }) => inUse);
    element('generation').textContent = used?.generation?.number
      ? `Reading with generation ${used.generation.number}, learned from ${used.corrections ?? 0} corrections.`
      : 'Reading as for everyone, until your first corrections are learned.';
    element('generations').replaceChildren(...own.filter(({ inUse }) => !inUse).slice(-5).reverse().map(({ generation, pipeline }) => make('li', {},
      make('span', { text: `Generation ${generation?.number ?? 0}` }),
      make('button', { type: 'button', text: 'Roll back to it', onclick: () => rollBack(generation, pipeline) }))));
  } catch (problem) {
    element('generation').textContent = problem.remedy ? `${problem.message}. ${problem.remedy}` : '';
  }
}

async function rollBack(generation, pipeline) {
  try {
    await ductus.rollback(generation, pipeline);
    generations();
  } catch (problem) {
    tell(`${problem.message}. ${problem.remedy}`);
  }
}

// ---- Panel, files, layout

const body = document.body;
function panel(isOpen) {
  element('panel').hidden = !isOpen;
  body.classList.toggle('panel-open', isOpen);
  element('panel-button').setAttribute('aria-expanded', isOpen);
  if (isOpen) { generations(); element('panel-close').focus(); } else element('panel-button').focus();
}
element('panel-button').onclick = () => panel(element('panel').hidden);
element('panel-close').onclick = () => panel(false);
element('panel').addEventListener('keydown', ({ key }) => { if (key === 'Escape') panel(false); });

for (const button of document.querySelectorAll('[data-save]')) {
  button.onclick = () => {
    const text = lines.map((line) => line.text).join('\n');
    const canvas = element('canvas');
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    if (button.dataset.save === 'text') save('ductus.txt', 'text/plain', `${text}\n`);
    else if (button.dataset.save === 'svg') save('ductus.svg', 'image/svg+xml', svg(sheet.strokes, size));
    else save('ductus.inkml', 'application/inkml+xml', inkML(sheet.strokes, text, pen.hello.writer));
  };
}

for (const [id, apply] of [['left', (on) => body.classList.toggle('left', on)], ['touch', (on) => { sheet.fingersWrite = on; }]]) {
  element(id).checked = kept(id) === 'true';
  apply(element(id).checked);
  element(id).onchange = ({ target }) => { keep(id, target.checked); apply(target.checked); };
}

function tell(text) {
  const node = element('note');
  node.textContent = text;
  node.hidden = false;
  clearTimeout(note);
  note = setTimeout(() => { node.hidden = true; }, 6000);
}

// ---- The connection

const states = { connecting: 'connecting', open: 'connected', closed: 'away: your ink is kept' };
pen.addEventListener('state', ({ detail }) => {
  body.classList.toggle('open', detail === 'open');
  element('state-text').textContent = states[detail];
  if (detail === 'open') { body.classList.remove('refused'); generations(); }
});
pen.addEventListener('refused', ({ detail: { reason } }) => {
  body.classList.add('refused');
  element('state-text').textContent = 'not let in';
  tell(reason);
});

showWriter();
pen.connect();
if (isSecureContext) navigator.serviceWorker?.register('sw.js').catch(() => {});
