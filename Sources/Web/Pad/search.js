// Words in the notes that 'ductus index' has read, on their pages.

import { Ductus } from './ductus.js';
import { element, make, takeToken } from './session.js';

const ductus = new Ductus({ token: takeToken() });
const said = ({ message, remedy = '' }) => `${message}. ${remedy}`;
let latest = '';

/** The page as the daemon draws it, the line in sight. */
async function show(page, hit) {
  try {
    const drawn = new DOMParser().parseFromString(await ductus.notePage(hit), 'image/svg+xml');
    page.replaceChildren(drawn.documentElement);
    page.querySelector('polygon').scrollIntoView({ block: 'nearest' });
  } catch (problem) {
    page.textContent = said(problem);
  }
}

function entry(hit) {
  const page = make('div', { className: 'page', role: 'img', ariaLabel: `Page ${hit.page}` });
  const place = `${hit.file.replace(/^.*\//, '')}, page ${hit.page}${hit.certain ? '' : ', another reading'}`;
  const node = make('details', { className: 'card' }, make('summary', { text: `${hit.text} ` }, make('span', { className: 'quiet', text: place, title: hit.file })), page);
  node.ontoggle = () => { if (node.open && !page.firstChild) show(page, hit); };
  return node;
}

async function find(words) {
  latest = words;
  let hits = [], note;
  try {
    ({ hits } = await ductus.notes({ words }));
    note = hits.length ? '' : 'Not found.';
  } catch (problem) {
    note = said(problem);
  }
  if (words !== latest) return;
  element('found').textContent = note;
  element('hits').replaceChildren(...hits.map(entry));
  if (hits[0]) element('hits').firstChild.open = true;
}

element('search').onsubmit = (event) => {
  event.preventDefault();
  find(element('words').value);
};
