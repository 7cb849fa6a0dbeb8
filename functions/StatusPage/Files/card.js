// One rescan that runs, as a card.

import { cancelRescan } from './actions.js';
import { get } from './api.js';
import { h, icon, s, setAttribute, setText } from './dom.js';
import { LogTimeline } from './log.js';
import { nextPoll } from './polls.js';
import { doing, usual } from './status.js';
import { about, ticking } from './words.js';

export class Card {
  #context;
  #rescan;
  #usual = null;
  #log = null;
  #name = h('a', { class: 'row-name' });
  #appliance = h('span', { class: 'muted small' });
  #phase = h('span');
  #elapsed = h('p', { class: 'small num' });
  #fillBar = s('rect', { height: '100%', rx: '2' });
  #bar = h('div', { class: 'gauge', 'aria-hidden': 'true' }, s('svg', null, this.#fillBar));
  #message = h('p', { class: 'card-message' });
  #trouble = h('p', { class: 'card-trouble' });
  #next = h('p', { class: 'muted small num' });
  #toggle = h('button', { type: 'button', class: 'small', 'aria-expanded': 'false', onclick: () => this.#toggleLog() }, 'Log');
  #cancel = h('button', { type: 'button', class: 'small act', onclick: () => this.#askCancel() }, 'Cancel');
  #logPlace = h('div', { class: 'card-log', hidden: true });

  constructor(context) {
    this.#context = context;
    this.element = h('li', { class: 'card' },
      h('div', { class: 'card-head' }, h('h3', null, this.#name), this.#appliance),
      h('p', { class: 'card-phase run' }, icon('run', 'spin'), this.#phase),
      this.#message, this.#trouble, this.#bar,
      h('div', { class: 'card-foot' }, h('div', null, this.#elapsed, this.#next), h('div', { class: 'buttons' }, this.#toggle, this.#cancel)),
      this.#logPlace);
  }

  /** Whether its log is open. */
  get watched() {
    return this.#log !== null;
  }

  update(rescan, history, now) {
    this.#rescan = rescan;
    this.#usual = usual(history);
    setText(this.#name, rescan.repository.name);
    setAttribute(this.#name, 'href', `#/rescans/${encodeURIComponent(rescan.id)}${rescan.waits ? `/${encodeURIComponent(rescan.requestId)}` : ''}`);
    setText(this.#appliance, rescan.appliance);
    setText(this.#phase, doing(rescan));
    const message = rescan.waits ? null : rescan.lastMessage;
    setText(this.#message, message ?? '');
    this.#message.hidden = !message;
    setText(this.#trouble, rescan.trouble ?? '');
    this.#trouble.hidden = !rescan.trouble;
    setAttribute(this.#toggle, 'aria-label', `Log of ${rescan.repository.name}`);
    setAttribute(this.#cancel, 'aria-label', `Cancel the rescan of ${rescan.repository.name}`);
    this.#cancel.disabled = rescan.phase === 'Stopping' || rescan.phase === 'Recording';
    this.#toggle.disabled = !rescan.sessionId;
    this.tick(now);
  }

  tick(now) {
    const elapsed = Math.max(0, (now - Date.parse(this.#rescan.startedAt)) / 1000);
    const percent = this.#rescan.progressPercent ?? null;
    const time = this.#usual === null ? ticking(elapsed) : `${ticking(elapsed)} of about ${about(this.#usual)}`;
    setText(this.#elapsed, percent === null ? time : `${percent} % · ${time}`);
    this.#bar.hidden = this.#usual === null && percent === null;
    if (!this.#bar.hidden) {
      const share = percent === null ? Math.min(1, elapsed / Math.max(this.#usual, 0.001)) : percent / 100;
      setAttribute(this.#fillBar, 'width', `${(share * 100).toFixed(1)}%`);
      setAttribute(this.#bar, 'class', this.#usual !== null && elapsed > this.#usual * 1.5 ? 'gauge long' : 'gauge');
    }

    setText(this.#next, this.#rescan.waits ? '' : nextPoll(this.#rescan, now));
  }

  /** Reads the log where it is open: a person watches, so it need not wait for the app's next poll. */
  async refresh(signal) {
    if (this.#log) {
      const answer = await get(`rescans/${encodeURIComponent(this.#rescan.id)}/log`, signal);
      this.#log.show(answer.log, true);
    }
  }

  #toggleLog() {
    if (this.#log) {
      this.#log = null;
      this.#logPlace.replaceChildren();
    } else {
      this.#log = new LogTimeline(`Log of ${this.#rescan.repository.name}`);
      this.#logPlace.replaceChildren(this.#log.element);
      this.#context.nudge();
    }

    this.#logPlace.hidden = !this.#log;
    setAttribute(this.#toggle, 'aria-expanded', this.#log ? 'true' : 'false');
  }

  async #askCancel() {
    if (await cancelRescan(this.#rescan)) {
      this.#context.nudge();
    }
  }
}
