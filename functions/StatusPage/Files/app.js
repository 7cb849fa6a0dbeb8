// Which view is shown, when it asks the API again, and the key.

import { ApiError, get, key } from './api.js';
import { h, setText } from './dom.js';
import { OverviewView } from './overview.js';
import { RescanView } from './rescan.js';
import { RunsView, RunView } from './runs.js';
import { setPage } from './standing.js';

const HIDDEN = 60_000;
const LONGEST = 60_000;

const main = document.getElementById('main');
const forget = document.getElementById('forget');
const trouble = h('div', { class: 'banner warn', role: 'alert', hidden: true }, h('p'));

let view = null;
let lookups = new AbortController();
let timer = 0;
let busy = false;
let again = false;
let failures = 0;
let roleOf;

const context = {
  /** Shows another view. */
  go(hash) {
    location.hash = hash;
  },

  /** Asks the API now, since something has been done. */
  nudge() {
    again = busy;
    if (!busy) {
      clearTimeout(timer);
      turn();
    }
  },
};

function viewOf(hash) {
  const [name, id, requestId] = hash.replace(/^#\/?/, '').split('?')[0].split('/').map(decode);
  switch (name) {
    case 'rescans':
      return id ? new RescanView(context, id, requestId) : new OverviewView(context);
    case 'runs':
      return id ? new RunView(context, id) : new RunsView(context);
    default:
      return new OverviewView(context);
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function show(moveFocus) {
  lookups.abort();
  lookups = new AbortController();
  clearTimeout(timer);
  view = viewOf(location.hash);
  failures = 0;
  trouble.hidden = true;
  main.replaceChildren(trouble, view.element);
  const section = /^#\/runs/.test(location.hash) ? 'runs' : 'overview';
  for (const link of document.querySelectorAll('[data-nav]')) {
    if (link.dataset.nav === section) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }

  if (moveFocus) {
    scrollTo(0, 0);
    view.heading.focus({ preventScroll: true });
  }

  busy = false;
  turn();
}

/** What the caller may not do has no button. Asked again after a new key. */
async function learnRole(signal) {
  if (roleOf !== key.text) {
    const asked = key.text;
    document.documentElement.dataset.role = (await get('caller', signal)).role;
    roleOf = asked;
  }
}

/** One round of questions to the API, and the wait until the next. */
async function turn() {
  const asked = view;
  const { signal } = lookups;
  busy = true;
  again = false;
  let wait;
  try {
    [wait] = await Promise.all([asked.refresh(signal), learnRole(signal)]);
    if (signal.aborted) {
      return;
    }

    failures = 0;
    trouble.hidden = true;
    setPage('connected');
  } catch (error) {
    if (signal.aborted) {
      return;
    }

    if (error instanceof ApiError && error.status === 401) {
      busy = false;
      askForKey(key.known);
      return;
    }

    if (!(error instanceof ApiError)) {
      console.error(error);
    }

    failures++;
    wait = Math.max((error.retryAfter ?? 0) * 1000, Math.min(LONGEST, 1000 * 2 ** failures));
    setPage('lost');
    setText(trouble.firstChild, `${error instanceof ApiError ? error.message : 'The page has met a fault of its own.'} What is shown may be old; the page keeps asking.`);
    trouble.hidden = false;
  }

  busy = false;
  document.title = `${asked.title} · Rescan`;
  forget.hidden = !key.known;
  clearTimeout(timer);
  timer = setTimeout(turn, again ? 0 : document.hidden ? Math.max(wait, HIDDEN) : wait);
}

function askForKey(refused) {
  lookups.abort();
  clearTimeout(timer);
  key.forget();
  forget.hidden = true;
  setPage('locked');
  document.title = 'Key needed · Rescan';
  const input = h('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': refused ? 'key-hint key-refused' : 'key-hint', 'aria-invalid': refused ? 'true' : null });
  main.replaceChildren(h('form', {
    class: 'panel lock',
    onsubmit: event => {
      event.preventDefault();
      key.keep(input.value.trim());
      show(false);
    },
  },
    h('h1', null, 'This app asks for a key'),
    h('p', { id: 'key-hint' }, 'Enter a function key of the app. It stays in this tab, and is gone when the tab is closed.'),
    refused && h('p', { id: 'key-refused', class: 'refused', role: 'alert' }, 'The key was refused. Look it up again, and mind that keys can be renewed.'),
    h('label', { for: 'key' }, 'Key'), input,
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Open'))));
  input.focus();
}

forget.addEventListener('click', () => askForKey(false));
addEventListener('hashchange', () => show(true));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && view && main.contains(view.element)) {
    context.nudge();
  }
});
setInterval(() => {
  if (!document.hidden && view && main.contains(view.element)) {
    view.tick?.();
  }
}, 1000);
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  main.focus();
});
show(false);
