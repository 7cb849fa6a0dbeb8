// Runs over many repositories: all of them, and one with its report.

import { cancelRetry, cancelRun, rerun } from './actions.js';
import { ApiError, get, serverNow } from './api.js';
import { outcomeBar } from './charts.js';
import { h, icon, replaceChildren, setText } from './dom.js';
import { canceledBy, startedBy } from './initiator.js';
import { banner } from './notes.js';
import { turnsOf } from './queue.js';
import { isRetryDue, repeatNotes } from './repeats.js';
import { ScheduleNote } from './schedule.js';
import { outcomeLook, pill, rescanId, running as runningLook, runLook, tally, waiting } from './status.js';
import { ago, count, day, full, moment, number, span, ticking } from './words.js';

const SETTLED = 30_000;
const LIVELY = 4_000;
const NOTES = 2;

const took = (run, now) => ((run.finishedAt ? Date.parse(run.finishedAt) : now) - Date.parse(run.startedAt)) / 1000;

export class RunsView {
  title = 'Runs';
  #heading = h('h1', { tabindex: '-1' }, 'Runs');
  #summary = h('p', { class: 'muted' }, 'A run sees to many repositories: on schedule, and when asked to.');
  #schedule;
  #list = h('ul', { class: 'runs' });
  #nothing = h('p', { class: 'panel muted', hidden: true }, 'No run is recorded yet.');
  #key = null;

  constructor(context) {
    this.#schedule = new ScheduleNote(() => context.nudge());
    this.element = h('div', { class: 'view' }, h('div', { class: 'head' }, h('div', null, this.#heading, this.#summary)), this.#schedule.element, this.#list, this.#nothing);
  }

  get heading() {
    return this.#heading;
  }

  async refresh(signal) {
    const [{ items }, schedule] = await Promise.all([get('runs?limit=50', signal), get('schedule', signal)]);
    const now = serverNow();
    this.#schedule.update(schedule, now);
    const key = JSON.stringify(items);
    if (key !== this.#key) {
      this.#key = key;
      replaceChildren(this.#list, items.map(run => h('li', { class: 'panel run-item' },
        h('div', { class: 'run-head' },
          h('a', { class: 'row-name', href: `#/runs/${encodeURIComponent(run.id)}` }, h('time', { datetime: run.startedAt, title: full(run.startedAt) }, day(run.startedAt))),
          pill(runLook(run)),
          h('span', { class: 'muted small num' }, run.finishedAt ? `${span(took(run, now))} · ${ago((now - Date.parse(run.finishedAt)) / 1000)}` : 'going on')),
        outcomeBar(run.counts ?? {}, run.finishedAt ? 0 : 1),
        h('p', { class: 'muted small' }, [startedBy(run), canceledBy(run), tally(run.counts) || (run.finishedAt ? 'no repository' : 'counted when it ends')].filter(Boolean).join(' · ')),
        [run.reason, isRetryDue(run) && `What failed is retried ${moment(run.retry.dueAt, now)}.`, ...(run.errors ?? []), ...(run.warnings ?? [])].filter(Boolean).slice(0, NOTES).map(text => h('p', { class: 'small run-note' }, text)))));
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
  #cancel = h('button', { type: 'button', class: 'danger act', hidden: true, onclick: () => this.#askCancel() }, 'Cancel run');
  #rerun = h('button', { type: 'button', class: 'primary act', hidden: true, onclick: () => this.#askRerun() }, 'Rescan what failed');
  #report = h('div', { class: 'report-place' });

  constructor(context, id) {
    this.#context = context;
    this.#id = id;
    this.element = h('div', { class: 'view' },
      h('a', { class: 'back', href: '#/runs' }, icon('back'), 'Runs'),
      h('div', { class: 'head' }, h('div', null, this.#heading, this.#where), h('div', { class: 'buttons' }, this.#rerun, this.#cancel)),
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
    const retries = isRetryDue(run);
    this.#cancel.hidden = run.status !== 'Running' && !retries;
    setText(this.#cancel, retries ? 'Cancel the retry' : 'Cancel run');
    this.#rerun.hidden = !run.canBeRepeated;
    const key = JSON.stringify(run);
    if (key !== this.#key) {
      this.#key = key;
      replaceChildren(this.#report, [this.#head(run), ...repeatNotes(run), ...this.#notes(run), this.#items(run)].filter(Boolean));
    }

    this.tick();
    return run.status === 'Running' || retries ? LIVELY : SETTLED;
  }

  tick() {
    if (this.#run) {
      const seconds = took(this.#run, serverNow());
      setText(this.#where, [
        `Began ${full(this.#run.startedAt)}`, this.#run.finishedAt ? `took ${span(seconds)}` : `${ticking(seconds)} so far`,
        startedBy(this.#run), canceledBy(this.#run),
      ].filter(Boolean).join(' · '));
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
    const now = serverNow();
    return [
      ...(run.errors ?? []).map(text => banner('bad', text)),
      ...(run.troubles ?? []).map(t => banner('bad', h('strong', null, `Appliance ${t.appliance} `), `does not answer since ${moment(t.since, now)}: ${t.trouble} `,
        `It is asked again ${moment(t.nextTryAt, now)}${t.givesUpAt ? `, and the run goes on without it from ${moment(t.givesUpAt, now)}` : ''}.`)),
      ...(run.warnings ?? []).map(text => banner('warn', text)),
    ];
  }

  #items(run) {
    const turns = turnsOf([run]);
    const look = item => itemLook(item, turns);
    const items = [...(run.items ?? [])].sort((a, b) => rank(look(a)) - rank(look(b)) || b.durationSeconds - a.durationSeconds);
    if (items.length === 0) {
      return null;
    }

    return h('table', { role: 'table', class: 'report', 'aria-label': 'Repositories of the run' },
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ['Repository', 'Outcome', 'Took', 'Found'].map(label => h('th', { role: 'columnheader', scope: 'col' }, label)))),
      h('tbody', { role: 'rowgroup' }, items.map(item => h('tr', { role: 'row' },
        h('th', { role: 'rowheader', scope: 'row', class: 'c-name' },
          h('a', { class: 'row-name', href: linkOf(item) }, item.repository.name), h('span', { class: 'muted small' }, item.appliance)),
        h('td', { role: 'cell', class: 'c-outcome' }, pill(look(item))),
        h('td', { role: 'cell', class: 'c-took num' }, item.outcome ? span(item.durationSeconds) : '–'),
        h('td', { role: 'cell', class: 'c-found' }, item.reason ?? item.found ?? '')))));
  }

  async #askCancel() {
    if (await (isRetryDue(this.#run) ? cancelRetry : cancelRun)(this.#run)) {
      this.#context.nudge();
    }
  }

  async #askRerun() {
    const accepted = await rerun(this.#run);
    if (accepted) {
      this.#context.go(`#/runs/${encodeURIComponent(accepted.id)}`);
    }
  }
}

const itemLook = (item, turns) => (item.outcome ? outcomeLook(item.outcome)
  : item.state === 'Running' ? runningLook
    : item.state === 'Waiting' ? waiting(turns.get(rescanId(item.appliance, item.repository.id))) : { label: 'Unknown', tone: 'bad', icon: 'bad' });

const rank = look => ['bad', 'run', 'warn', 'idle', 'ok'].indexOf(look.tone);

function linkOf(item) {
  const id = encodeURIComponent(rescanId(item.appliance, item.repository.id));
  return item.requestId ? `#/rescans/${id}/${encodeURIComponent(item.requestId)}` : `#/rescans/${id}`;
}
