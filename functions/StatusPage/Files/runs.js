// Runs over many repositories: all of them, and one with its report.

import { cancelRun } from './actions.js';
import { ApiError, get, serverNow } from './api.js';
import { outcomeBar } from './charts.js';
import { h, icon, replaceChildren, setText } from './dom.js';
import { counted, outcomeLook, pill, rescanId, running as runningLook } from './status.js';
import { ago, count, day, full, number, span, ticking } from './words.js';

const SETTLED = 30_000;
const LIVELY = 4_000;

const looks = {
  Running: runningLook,
  Completed: { label: 'Completed', tone: 'ok', icon: 'ok' },
  Canceled: outcomeLook('Canceled'),
  TimedOut: outcomeLook('TimedOut'),
  Skipped: { label: 'Skipped', tone: 'idle', icon: 'idle' },
  Failed: { label: 'Failed', tone: 'bad', icon: 'bad' },
};

/** A run that saw to everything is still shown by the worst that it met. */
function runLook(run) {
  const look = looks[run.status] ?? { label: run.status, tone: 'idle', icon: 'none' };
  if (run.status !== 'Completed') {
    return look;
  }

  const tones = Object.entries(run.counts ?? {}).filter(([, n]) => n > 0).map(([outcome]) => outcomeLook(outcome).tone);
  return tones.includes('bad') || (run.errors ?? []).length > 0 ? { label: 'Completed, with failures', tone: 'bad', icon: 'bad' }
    : tones.includes('warn') ? { label: 'Completed, with warnings', tone: 'warn', icon: 'warn' } : look;
}

const took = (run, now) => ((run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt)) / 1000;

const tally = counts => Object.entries(counts ?? {}).filter(([, n]) => n > 0).map(([outcome, n]) => `${number(n)} ${counted(outcome)}`).join(', ');

export class RunsView {
  title = 'Runs';
  #heading = h('h1', { tabindex: '-1' }, 'Runs');
  #summary = h('p', { class: 'muted' }, 'A run sees to many repositories: every night, and when asked to.');
  #list = h('ul', { class: 'runs' });
  #nothing = h('p', { class: 'panel muted', hidden: true }, 'No run is recorded yet.');
  #key = null;

  constructor() {
    this.element = h('div', { class: 'view' }, h('div', { class: 'head' }, h('div', null, this.#heading, this.#summary)), this.#list, this.#nothing);
  }

  get heading() {
    return this.#heading;
  }

  async refresh(signal) {
    const { items } = await get('runs?limit=50', signal);
    const now = serverNow();
    const key = JSON.stringify(items);
    if (key !== this.#key) {
      this.#key = key;
      replaceChildren(this.#list, items.map(run => h('li', { class: 'panel run-item' },
        h('div', { class: 'run-head' },
          h('a', { class: 'row-name', href: `#/runs/${encodeURIComponent(run.id)}` }, h('time', { datetime: run.startedAt, title: full(run.startedAt) }, day(run.startedAt))),
          pill(runLook(run)),
          h('span', { class: 'muted small num' }, run.finishedAt ? `${span(took(run, now))} · ${ago((now - Date.parse(run.finishedAt)) / 1000)}` : 'going on')),
        outcomeBar(run.counts ?? {}, run.finishedAt ? 0 : 1),
        h('p', { class: 'muted small' }, tally(run.counts) || run.reason || (run.finishedAt ? 'no repository' : 'counted when it ends')))));
    }

    this.#nothing.hidden = items.length > 0;
    return items.some(run => run.status === 'Running') ? LIVELY : SETTLED;
  }
}

export class RunView {
  title = 'Run';
  #context;
  #id;
  #run = null;
  #key = null;
  #heading = h('h1', { tabindex: '-1' }, 'Run');
  #where = h('p', { class: 'muted' });
  #cancel = h('button', { type: 'button', class: 'danger', hidden: true, onclick: () => this.#askCancel() }, 'Cancel run');
  #report = h('div', { class: 'report-place' });

  constructor(context, id) {
    this.#context = context;
    this.#id = id;
    this.element = h('div', { class: 'view' },
      h('a', { class: 'back', href: '#/runs' }, icon('back'), 'Runs'),
      h('div', { class: 'head' }, h('div', null, this.#heading, this.#where), h('div', { class: 'buttons' }, this.#cancel)),
      this.#report);
  }

  get heading() {
    return this.#heading;
  }

  async refresh(signal) {
    try {
      this.#run = await get(`runs/${encodeURIComponent(this.#id)}`, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        setText(this.#heading, 'There is no such run');
        setText(this.#where, error.message);
        return SETTLED;
      }

      throw error;
    }

    const run = this.#run;
    this.title = `Run of ${day(run.startedAt)}`;
    setText(this.#heading, this.title);
    this.#cancel.hidden = run.status !== 'Running';
    const key = JSON.stringify(run);
    if (key !== this.#key) {
      this.#key = key;
      replaceChildren(this.#report, [this.#head(run), ...this.#notes(run), this.#items(run)].filter(Boolean));
    }

    this.tick();
    return run.status === 'Running' ? LIVELY : SETTLED;
  }

  tick() {
    if (this.#run) {
      const seconds = took(this.#run, serverNow());
      setText(this.#where, this.#run.finishedAt ? `Began ${full(this.#run.startedAt)}, took ${span(seconds)}` : `Began ${full(this.#run.startedAt)}, ${ticking(seconds)} so far`);
    }
  }

  #head(run) {
    const look = runLook(run);
    const items = run.items ?? [];
    const counts = run.counts ?? {};
    const ended = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const words = tally(counts);
    return h('section', { class: 'panel', 'aria-label': 'Result' },
      h('div', { class: `state ${look.tone}` }, icon(look.icon, look.icon === 'run' ? 'big spin' : 'big'),
        h('div', null, h('p', { class: 'state-name' }, look.label), h('p', { class: 'state-detail' }, run.finishedAt ? words || 'no repository' : `${number(ended)} of ${count(items.length, 'repository', 'repositories')} done${words ? `: ${words}` : ''}`))),
      run.reason && h('p', { class: 'state-reason' }, run.reason),
      outcomeBar(counts, items.length - ended));
  }

  #notes(run) {
    const note = (tone, text) => h('div', { class: `banner ${tone}` }, icon(tone), h('p', null, text));
    return [...(run.errors ?? []).map(text => note('bad', words(text))), ...(run.warnings ?? []).map(text => note('warn', words(text)))];
  }

  #items(run) {
    const items = [...(run.items ?? [])].sort((a, b) => rank(a) - rank(b) || b.durationSeconds - a.durationSeconds);
    if (items.length === 0) {
      return null;
    }

    return h('table', { role: 'table', class: 'report', 'aria-label': 'Repositories of the run' },
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ['Repository', 'Outcome', 'Took', 'Found'].map(label => h('th', { role: 'columnheader', scope: 'col' }, label)))),
      h('tbody', { role: 'rowgroup' }, items.map(item => h('tr', { role: 'row' },
        h('th', { role: 'rowheader', scope: 'row', class: 'c-name' },
          h('a', { class: 'row-name', href: linkOf(item) }, item.repository.name), h('span', { class: 'muted small' }, item.appliance)),
        h('td', { role: 'cell', class: 'c-outcome' }, pill(itemLook(item))),
        h('td', { role: 'cell', class: 'c-took num' }, item.outcome ? span(item.durationSeconds) : '–'),
        h('td', { role: 'cell', class: 'c-found' }, item.reason ?? item.found ?? '')))));
  }

  async #askCancel() {
    if (await cancelRun(this.#run)) {
      this.#context.nudge();
    }
  }
}

const itemLook = item => (item.outcome ? outcomeLook(item.outcome)
  : item.state === 'Running' ? runningLook : item.state === 'Waiting' ? { label: 'Waiting', tone: 'idle', icon: 'none' } : { label: 'Unknown', tone: 'bad', icon: 'bad' });

const rank = item => ['bad', 'run', 'warn', 'idle', 'ok'].indexOf(itemLook(item).tone);

const words = note => (typeof note === 'string' ? note : [note.appliance, note.error ?? note.message ?? note.reason].filter(Boolean).join(': '));

function linkOf(item) {
  const id = encodeURIComponent(rescanId(item.appliance, item.repository.id));
  return item.requestId ? `#/rescans/${id}/${encodeURIComponent(item.requestId)}` : `#/rescans/${id}`;
}
