// One rescan: how it ended or how far it is, its life as a chart, its log, and those before it.

import { cancelRescan, startRescan } from './actions.js';
import { ApiError, get, serverNow } from './api.js';
import { LifeChart } from './charts.js';
import { h, icon, replaceChildren, setAttribute, setText } from './dom.js';
import { initiator } from './initiator.js';
import { LogTimeline } from './log.js';
import { nextPoll, untilNews } from './polls.js';
import { endLook, doing, pill, running as runningLook } from './status.js';
import { day, full, number, second, span, ticking, zone } from './words.js';

const PAST = 20;
const SETTLED = 30_000;
const WATCHED = 5_000;

export class RescanView {
  title = 'Rescan';
  #context;
  #id;
  #requestId;
  #rescan = null;
  #logKey = null;
  #pastKey = null;
  #stateKey = null;
  #heading = h('h1', { tabindex: '-1' }, 'Rescan');
  #where = h('p', { class: 'muted' });
  #cancel = h('button', { type: 'button', class: 'danger act', hidden: true, onclick: () => this.#askCancel() }, 'Cancel rescan');
  #again = h('button', { type: 'button', class: 'act', hidden: true, onclick: () => this.#startAgain() }, 'Rescan again');
  #state = h('div', { class: 'state' });
  #detail = h('p', { class: 'state-detail num' });
  #reason = h('p', { class: 'state-reason' });
  #next = h('p', { class: 'state-next', hidden: true }, h('strong', null, 'What to do: '), h('span'));
  #facts = h('dl', { class: 'facts' });
  #chart = new LifeChart();
  #log = new LogTimeline('Session log');
  #past = h('ul', { class: 'past' });
  #pastSection = h('section', { class: 'panel', 'aria-labelledby': 'past-title', hidden: true }, h('h2', { id: 'past-title' }, 'Rescans of this repository'), this.#past);
  #body;

  constructor(context, id, requestId) {
    this.#context = context;
    this.#id = id;
    this.#requestId = requestId;
    this.#body = h('div', { class: 'two', hidden: true },
      h('div', { class: 'wide' },
        h('section', { class: 'panel', 'aria-labelledby': 'state-title' }, h('h2', { id: 'state-title', class: 'unseen' }, 'State'), this.#state, this.#reason, this.#next),
        h('section', { class: 'panel', 'aria-labelledby': 'life-title' }, h('h2', { id: 'life-title' }, 'Life'), this.#chart.element),
        h('section', { class: 'panel', 'aria-labelledby': 'log-title' }, h('h2', { id: 'log-title' }, 'Session log'), this.#log.element)),
      h('div', { class: 'narrow' },
        h('section', { class: 'panel', 'aria-labelledby': 'facts-title' }, h('h2', { id: 'facts-title' }, 'Facts'), this.#facts),
        this.#pastSection));
    this.element = h('div', { class: 'view' },
      h('a', { class: 'back', href: '#/' }, icon('back'), 'Overview'),
      h('div', { class: 'head' }, h('div', null, this.#heading, this.#where), h('div', { class: 'buttons' }, this.#again, this.#cancel)),
      this.#body);
  }

  get heading() {
    return this.#heading;
  }

  async refresh(signal) {
    let rescan;
    try {
      rescan = await get(`rescans/${encodeURIComponent(this.#id)}?${this.#query()}`, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        setText(this.#heading, 'There is no such rescan');
        setText(this.#where, error.message);
        return SETTLED;
      }

      throw error;
    }

    this.#rescan = rescan;
    this.#show();
    const logKey = `${rescan.requestId}/${rescan.status}/${rescan.phase}/${rescan.polls}/${rescan.lastMessage}`;
    if (logKey !== this.#logKey || (this.#runs && rescan.sessionId)) {
      await this.#readLog(signal);
      this.#logKey = logKey;
    }

    const pastKey = `${rescan.requestId}/${rescan.status}`;
    if (pastKey !== this.#pastKey) {
      const query = new URLSearchParams({ state: 'ended', appliance: rescan.appliance, repository: rescan.repository.id, limit: String(PAST) });
      this.#showPast((await get(`rescans?${query}`, signal)).items);
      this.#pastKey = pastKey;
    }

    return this.#runs ? Math.min(untilNews([rescan]), WATCHED) : SETTLED;
  }

  tick() {
    if (this.#rescan && this.#runs) {
      this.#showClock(serverNow());
    }
  }

  get #runs() {
    return ['Pending', 'Running', 'Suspended'].includes(this.#rescan.status);
  }

  #query() {
    // While a person looks on, the app polls the session more often.
    return new URLSearchParams({ look: 'true', ...(this.#requestId ? { requestId: this.#requestId } : {}) });
  }

  async #readLog(signal) {
    try {
      const answer = await get(`rescans/${encodeURIComponent(this.#id)}/log?requestId=${encodeURIComponent(this.#rescan.requestId ?? '')}`, signal);
      this.#log.show(answer.log, this.#runs);
    } catch (error) {
      // While the appliance does not answer, what it has said before stays; the state above says what is wrong.
      if (!(error instanceof ApiError) || ![404, 502, 503].includes(error.status)) {
        throw error;
      }
    }
  }

  #show() {
    const rescan = this.#rescan;
    const runs = this.#runs;
    const look = runs ? runningLook : endLook(rescan);
    this.title = `${rescan.repository.name}: ${look.label}`;
    this.#body.hidden = false;
    setText(this.#heading, rescan.repository.name);
    setText(this.#where, `Rescan on appliance ${rescan.appliance}`);
    this.#cancel.hidden = !runs;
    this.#cancel.disabled = rescan.phase === 'Stopping' || rescan.phase === 'Recording';
    this.#again.hidden = runs;
    const stateKey = `${look.label}/${rescan.phase}/${rescan.waits}`;
    if (stateKey !== this.#stateKey) {
      this.#stateKey = stateKey;
      this.#state.className = `state ${look.tone}`;
      this.#state.replaceChildren(icon(look.icon, look.icon === 'run' ? 'big spin' : 'big'), h('div', null, h('p', { class: 'state-name', role: 'status' }, runs ? doing(rescan) : look.label), this.#detail));
    }

    const reason = runs ? rescan.trouble ?? (rescan.waits ? null : rescan.lastMessage) : rescan.outcome?.reason ?? rescan.error;
    setText(this.#reason, reason ?? '');
    this.#reason.hidden = !reason;
    setAttribute(this.#reason, 'class', runs && rescan.trouble ? 'state-reason trouble' : 'state-reason');
    setText(this.#next.lastChild, rescan.next ?? '');
    this.#next.hidden = runs || !rescan.next;
    this.#showFacts();
    this.#showClock(serverNow());
  }

  #showClock(now) {
    const rescan = this.#rescan;
    const started = Date.parse(rescan.startedAt);
    const end = rescan.outcome ? (Date.parse(rescan.outcome.finishedAt) - started) / 1000 : Math.max(0, (now - started) / 1000);
    setText(this.#detail, this.#runs ? [`${ticking(end)} so far`, (rescan.progressPercent ?? null) === null ? null : `${rescan.progressPercent} %`, rescan.waits ? null : nextPoll(rescan, now)].filter(Boolean).join(' · ')
      : rescan.outcome ? `after ${span(end)}, ${day(rescan.outcome.finishedAt)}` : '');
    this.#chart.draw(rescan.timeline, end, this.#runs ? null : endLook(rescan), rescan.polls);
  }

  #showFacts() {
    const rescan = this.#rescan;
    const outcome = rescan.outcome;
    const sent = Object.values(rescan.requests ?? {}).reduce((sum, n) => sum + n, 0);
    const facts = [
      ['Requested', time(rescan.startedAt)],
      ['Started by', initiator(rescan.startedBy)],
      rescan.canceledBy && ['Canceled by', initiator(rescan.canceledBy)],
      outcome && ['Ended', time(outcome.finishedAt)],
      ['Time zone', zone(rescan.startedAt)],
      outcome && ['Session took', span(outcome.durationSeconds)],
      ['Polls', number(rescan.polls)],
      ['Requests', number(sent)],
      ['Session', rescan.sessionId ? h('code', null, rescan.sessionId) : 'none yet'],
      ['Repository', h('code', null, rescan.repository.id)],
    ].filter(Boolean);
    const key = JSON.stringify([rescan.startedAt, outcome?.finishedAt, rescan.polls, sent, rescan.sessionId, rescan.canceledBy]);
    if (this.#facts.dataset.key !== key) {
      this.#facts.dataset.key = key;
      replaceChildren(this.#facts, facts.flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
    }
  }

  #showPast(items) {
    const own = this.#rescan.requestId;
    replaceChildren(this.#past, items.map(rescan => h('li', null,
      h('a', { href: `#/rescans/${encodeURIComponent(rescan.id)}/${encodeURIComponent(rescan.requestId)}`, 'aria-current': rescan.requestId === own ? 'true' : null },
        h('time', { datetime: rescan.outcome.finishedAt, title: full(rescan.outcome.finishedAt) }, day(rescan.outcome.finishedAt))),
      pill(endLook(rescan)), h('span', { class: 'num muted' }, span(rescan.outcome.durationSeconds)))));
    this.#pastSection.hidden = items.length === 0;
  }

  async #askCancel() {
    if (await cancelRescan(this.#rescan)) {
      this.#context.nudge();
    }
  }

  async #startAgain() {
    const accepted = await startRescan(this.#rescan.appliance, this.#rescan.repository);
    if (accepted) {
      this.#requestId = null;
      this.#context.go(`#/rescans/${encodeURIComponent(accepted.id)}`);
      this.#context.nudge();
    }
  }
}

const time = value => h('time', { datetime: value, title: full(value) }, second(value));
