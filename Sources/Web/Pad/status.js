// The daemon at work: figures of the last two minutes, asked for once a second while somebody looks.

import { Ductus } from './ductus.js';
import { element, make, takeToken } from './session.js';

const ductus = new Ductus({ token: takeToken() });
const length = 120;
const sum = (lanes, name) => (lanes ?? []).reduce((total, lane) => total + Number(lane[name] ?? 0), 0);
const dropped = ({ counters = {} }) => Object.entries(counters).filter(([name]) => name.startsWith('dropped_')).reduce((total, [, count]) => total + Number(count), 0);

/** Title, unit, the figure of a status, and whether the growth per second counts. */
const charts = [
  ['Streams', '', ({ streams = 0 }) => streams],
  ['Ink packets a second', '', ({ counters = {} }) => Number(counters.packets_ink ?? 0), true],
  ['Windows read a second', '', ({ lanes }) => sum(lanes, 'windows'), true],
  ['Partial, 99th percentile', ' ms', ({ lanes = [] }) => Math.max(0, ...lanes.map(({ p99Ms = 0 }) => p99Ms))],
  ['Waiting', '', ({ lanes }) => sum(lanes, 'queued')],
  ['Dropped a second', '', dropped, true],
  ['Skipped a second', '', ({ lanes }) => sum(lanes, 'skippedPartials'), true],
  ['Resident memory', ' MiB', ({ residentBytes = 0 }) => Number(residentBytes) / 2 ** 20],
].map(([title, unit, figure, isRate]) => {
  const value = make('strong', { text: '–' });
  const canvas = make('canvas', { ariaHidden: 'true' });
  element('figures').append(make('section', { className: 'card' }, make('h2', { text: title }), value, canvas));
  return { figure, isRate, unit, value, canvas, series: [], before: undefined };
});

const shown = (value) => (value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : value.toFixed(1));

function draw({ canvas, series }) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const top = Math.max(1, ...series) * 1.15;
  const at = (index) => [width - (series.length - 1 - index) * (width / (length - 1)), height - 2 - (series[index] / top) * (height - 6)];
  context.strokeStyle = style.getPropertyValue('--rule');
  for (const y of [0.25, 0.5, 0.75]) context.strokeRect(-1, Math.round(height * y) + 0.5, width + 2, 0);
  if (!series.length) return;
  context.beginPath();
  series.forEach((_, index) => context.lineTo(...at(index)));
  context.strokeStyle = style.getPropertyValue('--accent');
  context.lineWidth = 2;
  context.lineJoin = 'round';
  context.stroke();
  context.lineTo(width, height);
  context.lineTo(at(0)[0], height);
  context.globalAlpha = 0.12;
  context.fillStyle = style.getPropertyValue('--accent');
  context.fill();
}

const row = (cells) => make('tr', {}, ...cells.map((text, index) => make('td', { text: text ?? '', className: index === 6 ? 'wide' : '' })));
const generation = (value) => (value?.number ? `${value.writer ? `${value.writer} ` : ''}${value.number}` : 'base');

async function look() {
  if (document.hidden) return;
  try {
    const [status, { streams = [] }] = await Promise.all([ductus.status(), ductus.streams({ limit: 200 })]);
    const now = performance.now();
    for (const chart of charts) {
      const total = chart.figure(status);
      let value = total;
      if (chart.isRate) {
        value = chart.before ? Math.max(0, (total - chart.before.total) / ((now - chart.before.now) / 1000)) : 0;
        chart.before = { total, now };
      }
      chart.series = [...chart.series, value].slice(-length);
      chart.value.textContent = shown(value) + chart.unit;
      draw(chart);
    }
    element('streams').replaceChildren(...streams.map((stream) => row([
      stream.name, stream.writer, generation(stream.generation), stream.lane ?? 0, stream.segments ?? 0, stream.gaps ?? 0, stream.text])));
    element('lanes').replaceChildren(...(status.lanes ?? []).map((lane) => row([
      lane.number ?? 0, lane.streams ?? 0, lane.queued ?? 0, lane.windows ?? 0, lane.skippedPartials ?? 0,
      `${(lane.p50Ms ?? 0).toFixed(1)} ms`, `${(lane.p99Ms ?? 0).toFixed(1)} ms`])));
    element('pipelines').replaceChildren(...(status.pipelines ?? []).map((pipeline) => row([
      pipeline.name, pipeline.input, pipeline.model, generation(pipeline.generation)])));
    document.body.classList.add('open');
    document.body.classList.remove('refused');
    element('state-text').textContent = status.degraded?.length ? status.degraded.join('; ') : `ductusd ${status.release}, ${status.instructionSet}`;
  } catch (problem) {
    document.body.classList.remove('open');
    document.body.classList.toggle('refused', problem.status === 401);
    element('state-text').textContent = problem.status ? `${problem.message}. ${problem.remedy}` : 'away';
  }
}

look();
setInterval(look, 1000);
