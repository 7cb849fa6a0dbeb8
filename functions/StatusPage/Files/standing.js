// The dot beside the navigation: whether the page reaches the app, and whether the appliances answer the app.

import { setText } from './dom.js';
import { number } from './words.js';

// What was learnt of the appliances longer ago than this is not shown as how things are.
const FRESH = 10 * 60_000;

const place = document.getElementById('live');
const pageText = document.getElementById('live-page');
const appliancesText = document.getElementById('live-appliances');
const pages = { connecting: 'Connecting', connected: 'Connected', lost: 'Not connected', locked: 'Locked' };
let page = 'connecting';
let appliances = null;

/** Whether the page reaches the app: connecting, connected, lost or locked. */
export function setPage(state) {
  page = state;
  show();
}

/** How many appliances there are, and how many of them do not answer the app. */
export function setAppliances(total, silent) {
  appliances = { total, silent, at: Date.now() };
  show();
}

function show() {
  const known = page === 'connected' && appliances !== null && appliances.total > 0 && Date.now() - appliances.at < FRESH;
  place.dataset.state = known && appliances.silent > 0 ? 'partly' : page;
  setText(pageText, pages[page]);
  setText(appliancesText, known ? ` · ${words(appliances)}` : '');
}

function words({ total, silent }) {
  const answering = total - silent;
  return total === 1 ? `the appliance ${silent === 0 ? 'answers' : 'does not answer'}`
    : `${number(answering)} of ${number(total)} appliances ${answering === 1 ? 'answers' : 'answer'}`;
}
