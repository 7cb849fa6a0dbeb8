// Questions before something is done, and a word after it.

import { h, setText } from './dom.js';

const shownFor = 6_000;
let hide;

/** Says something at the foot of the page, to eyes and to screen readers. */
export function say(text, tone = 'idle') {
  const toast = document.getElementById('toast');
  toast.className = `toast shown ${tone}`;
  setText(toast, text);
  clearTimeout(hide);
  hide = setTimeout(() => {
    toast.className = 'toast';
  }, shownFor);
}

/** Asks; the answer is whether it was confirmed. Escape and the first button leave all as it is. */
export async function confirm(title, text, yes, danger = false) {
  const no = h('button', { type: 'button' }, danger ? 'Leave it' : 'Not now');
  const ok = h('button', { type: 'button', class: danger ? 'danger' : 'primary' }, yes);
  return await open(title, [h('p', null, text)], no, ok, () => true) === true;
}

/** Shows a dialog with fields of its own; the answer is what the reader makes of them, or null when it was left. */
export async function open(title, content, no, ok, read) {
  const heading = h('h2', { id: 'dialog-title' }, title);
  const dialog = h('dialog', { 'aria-labelledby': 'dialog-title' }, heading, content, h('div', { class: 'buttons' }, no, ok));
  let answer = null;
  const accept = () => {
    answer = read();
    dialog.close();
  };
  no.addEventListener('click', () => dialog.close());
  ok.addEventListener('click', accept);
  dialog.addEventListener('keydown', event => {
    if (event.key === 'Enter' && event.target instanceof HTMLInputElement && !ok.disabled) {
      event.preventDefault();
      accept();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
  dialog.remove();
  return answer;
}
