// What was written, as files.

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const number = (value) => String(Math.round(value * 100) / 100);

export function inkML(strokes, text, writer) {
  const start = strokes[0]?.points[0]?.t ?? 0;
  const traces = strokes.map(({ points }) => `    <trace>${points.map(({ x, y, t, p }) => [x, y, t - start, p].map(number).join(' ')).join(', ')}</trace>`);
  const note = (type, value) => (value ? `    <annotation type="${type}">${escaped(value)}</annotation>\n` : '');
  return `<?xml version="1.0" encoding="UTF-8"?>
<ink xmlns="http://www.w3.org/2003/InkML">
  <traceFormat>
    <channel name="X" type="decimal"/>
    <channel name="Y" type="decimal"/>
    <channel name="T" type="decimal" units="ms"/>
    <channel name="F" type="decimal" min="0" max="1"/>
  </traceFormat>
  <traceGroup>
${note('writer', writer)}${note('truth', text)}${traces.join('\n')}
  </traceGroup>
</ink>
`;
}

export function svg(strokes, { width, height }) {
  const paths = strokes.map(({ points }) => `<polyline points="${points.map(({ x, y }) => `${number(x)},${number(y)}`).join(' ')}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" fill="none" stroke="#1c2430" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">\n${paths.join('\n')}\n</svg>\n`;
}

export function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
