// The token of this session: from the address's fragment once, then from this tab alone.

export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    keep('token', given, sessionStorage);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return given ?? kept('token', sessionStorage) ?? '';
}

export function keep(name, value, store = localStorage) {
  try { store.setItem(`ductus.${name}`, value); } catch { /* A private window keeps nothing. */ }
}

export function kept(name, store = localStorage) {
  try { return store.getItem(`ductus.${name}`) ?? undefined; } catch { return undefined; }
}

export const element = (id) => document.getElementById(id);

/** An element with a class, a text, and children. */
export function make(tag, { className, text, ...others } = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  Object.assign(node, others);
  node.append(...children);
  return node;
}

export const percent = (rate) => `${(rate * 100).toFixed(1)} %`;
