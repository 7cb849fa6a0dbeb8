// The overview: what runs now, and every repository with those that need a person first.

import { startRun } from './actions.js';
import { get, serverNow } from './api.js';
import { CardList } from './cards.js';
import { h, icon, replaceChildren, setAttribute, setChildren, setText } from './dom.js';
import { banner, WarningList } from './notes.js';
import { untilNews } from './polls.js';
import { readRuns, turnsOf } from './queue.js';
import { Row } from './row.js';
import { ScheduleNote } from './schedule.js';
import { setAppliances } from './standing.js';
import { rescanId } from './status.js';
import { ago, count, moment, number } from './words.js';

const LISTING = 60_000;
const LISTING_HIDDEN = 300_000;
const WATCHED = 5_000;
const collator = new Intl.Collator('en', { numeric: true });

/** What is kept while other views are shown, so that coming back shows it at once. */
const memory = {
  repositories: null, appliances: [], errors: [], warnings: [], running: [], runs: [], schedule: null, listedAt: 0,
  filter: 'all', find: '', sort: 'attention',
};

const filters = [
  ['all', 'All', () => true],
  ['attention', 'Needs attention', row => row.state.rank < 2],
  ['running', 'Running', row => row.running],
];

const orders = {
  attention: (a, b) => a.state.rank - b.state.rank || (a.state.rank < 2 ? a.finished - b.finished : 0) || byName(a, b),
  name: byName,
  finished: (a, b) => b.finished - a.finished || byName(a, b),
  took: (a, b) => b.took - a.took || byName(a, b),
};

export class OverviewView {
  title = 'Overview';
  #context;
  #rows = new Map();
  #heading = h('h1', { tabindex: '-1' }, 'Overview');
  #summary = h('p', { class: 'muted' }, 'Asking the appliances for their repositories');
  #many = h('button', { type: 'button', class: 'act', disabled: true, onclick: () => this.#startRun() }, 'Rescan many…');
  #errors = h('div', { class: 'banners' });
  #warnings = new WarningList();
  #schedule = new ScheduleNote(() => this.#again());
  #runs = h('div', { class: 'banners' });
  #cards;
  #chips = filters.map(([name, label]) => h('button', { type: 'button', class: 'chip', onclick: () => this.#choose(name) }, h('span', null, label), h('span', { class: 'chip-count' })));
  #find = h('input', { type: 'search', placeholder: 'Find a repository', 'aria-label': 'Find a repository', autocomplete: 'off', spellcheck: 'false', oninput: () => this.#search() });
  #body = h('tbody', { role: 'rowgroup' });
  #nothing = h('p', { class: 'panel muted', hidden: true });
  #headers;
  #table;
  #list;

  constructor(context) {
    this.#context = context;
    this.#cards = new CardList(context);
    this.#find.value = memory.find;
    this.#headers = [['name', 'Repository'], ['attention', 'Last outcome'], ['finished', 'Finished'], ['took', 'Took'], [null, 'Trend'], [null, 'Action']].map(([order, label]) =>
      h('th', { role: 'columnheader', scope: 'col' },
        order ? h('button', { type: 'button', class: 'sort', onclick: () => this.#order(order) }, label, icon('chevron')) : h('span', { class: label === 'Action' ? 'unseen' : null }, label)));
    this.#table = h('table', { role: 'table', class: 'repositories', 'aria-label': 'Repositories' }, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, this.#headers)), this.#body);
    this.#list = h('section', { 'aria-labelledby': 'repositories-title', hidden: true },
      h('h2', { id: 'repositories-title' }, 'Repositories'),
      h('div', { class: 'tools' }, h('div', { class: 'chips', role: 'group', 'aria-label': 'Show' }, this.#chips), h('div', { class: 'find' }, icon('search'), this.#find)),
      this.#table, this.#nothing);
    this.element = h('div', { class: 'view' },
      h('div', { class: 'head' }, h('div', null, this.#heading, this.#summary), h('div', { class: 'buttons' }, this.#many)),
      this.#schedule.element, this.#errors, this.#warnings.element, this.#runs, this.#cards.element, this.#list);
    if (memory.repositories) {
      this.#show();
    }
  }

  get heading() {
    return this.#heading;
  }

  /** Asks what runs, and from time to time for the whole list. The answer is when to ask again, in milliseconds. */
  async refresh(signal) {
    const page = await get('rescans?state=running&limit=200', signal);
    const ended = memory.running.filter(before => !page.items.some(now => now.id === before.id && now.requestId === before.requestId));
    memory.running = page.items;
    if (memory.repositories === null || ended.length > 0 || Date.now() - memory.listedAt >= (document.hidden ? LISTING_HIDDEN : LISTING)) {
      const [list, schedule, runs] = await Promise.all([get('repositories', signal), get('schedule', signal), readRuns(signal)]);
      memory.repositories = list.items;
      memory.appliances = list.appliances;
      memory.errors = list.errors;
      memory.warnings = list.warnings;
      memory.schedule = schedule;
      memory.runs = runs;
      memory.listedAt = Date.now();
    }

    this.#show();
    await this.#cards.refresh(signal);
    return Math.min(untilNews(memory.running), this.#cards.watched ? WATCHED : Infinity);
  }

  /** Moves what moves with the clock. */
  tick() {
    const now = serverNow();
    this.#cards.tick(now);
    if (Math.floor(now / 1000) % 30 === 0) {
      for (const row of this.#rows.values()) {
        row.age(now);
      }
    }
  }

  #show() {
    const now = serverNow();
    const silent = new Set(memory.errors.map(error => error.appliance));
    const running = new Set(memory.running.filter(rescan => !rescan.waits).map(rescan => rescan.id));
    const turns = turnsOf(memory.runs);
    for (const repository of memory.repositories) {
      const id = rescanId(repository.appliance, repository.id);
      let row = this.#rows.get(id);
      if (!row) {
        row = new Row(id, this.#context);
        this.#rows.set(id, row);
      }

      row.update(repository, running.has(id), turns.get(id), silent.has(repository.appliance), now);
    }

    this.#prune();
    this.#showErrors(now);
    this.#warnings.show(memory.warnings);
    this.#showRuns();
    if (memory.schedule) {
      this.#schedule.update(memory.schedule, now);
    }

    setAppliances(memory.appliances.length, memory.errors.filter(error => !error.answers).length);
    this.#cards.show(memory.running, id => this.#rows.get(id)?.repository.history ?? [], now);
    this.#arrange();
    this.#summarize(now);
    this.#many.disabled = memory.repositories.length === 0;
  }

  #prune() {
    const listed = new Set(memory.repositories.map(r => rescanId(r.appliance, r.id)));
    for (const id of this.#rows.keys()) {
      if (!listed.has(id)) {
        this.#rows.delete(id);
      }
    }
  }

  #showErrors(now) {
    const shown = memory.errors.map(e => `${e.appliance}\n${e.error}`).join('\n');
    if (this.#errors.dataset.shown !== shown) {
      this.#errors.dataset.shown = shown;
      this.#errors.replaceChildren(...memory.errors.map(e => {
        const alert = banner('bad', h('strong', null, `Appliance ${e.appliance}: `), e.error.replace(/^Appliance '[^']*'(, repositories)?[:,] /, ''),
          ` So since ${moment(e.since, now)}.`);
        alert.setAttribute('role', 'alert');
        return alert;
      }));
    }
  }

  /** The runs that go on, with how far they are. */
  #showRuns() {
    const key = memory.runs.map(run => `${run.id}/${run.items.length}/${run.items.filter(i => i.state === 'Ended').length}`).join();
    if (this.#runs.dataset.key !== key) {
      this.#runs.dataset.key = key;
      replaceChildren(this.#runs, memory.runs.map(run => {
        const done = run.items.filter(i => i.state === 'Ended').length;
        return h('div', { class: 'banner run' }, icon('run', 'spin'), h('p', null,
          h('a', { href: `#/runs/${encodeURIComponent(run.id)}` }, run.dueAt ? 'The scheduled run' : 'A run'), ' goes on: ',
          run.items.length > 0 ? `${number(done)} of ${count(run.items.length, 'repository', 'repositories')} done.` : 'the repositories are being listed.'));
      }));
    }
  }

  #arrange() {
    const rows = [...this.#rows.values()];
    const words = memory.find.trim().toLowerCase().split(/\s+/).filter(w => w !== '');
    const passes = filters.find(([name]) => name === memory.filter)[2];
    const shown = rows.filter(row => passes(row) && words.every(w => row.words.includes(w))).sort(orders[memory.sort]);
    setChildren(this.#body, shown.map(row => row.element));
    filters.forEach(([name, , fits], index) => {
      setAttribute(this.#chips[index], 'aria-pressed', memory.filter === name ? 'true' : 'false');
      setText(this.#chips[index].lastChild, number(rows.filter(fits).length));
    });
    ['name', 'attention', 'finished', 'took'].forEach((order, index) => {
      setAttribute(this.#headers[index], 'aria-sort', memory.sort === order ? (order === 'name' ? 'ascending' : 'descending') : null);
    });
    this.#list.hidden = false;
    this.#table.hidden = shown.length === 0;
    this.#nothing.hidden = shown.length > 0;
    setText(this.#nothing, rows.length === 0 ? 'No appliance lists a repository.'
      : memory.filter === 'attention' && words.length === 0 ? 'None needs attention.'
        : memory.filter === 'running' && words.length === 0 ? 'None runs now.' : 'No repository fits.');
  }

  #summarize(now) {
    const rows = [...this.#rows.values()];
    const needy = rows.filter(row => row.state.rank < 2).length;
    const finished = Math.max(...rows.map(row => row.finished), 0);
    const attention = needy > 0 ? `${number(needy)} of ${count(rows.length, 'repository', 'repositories')} ${needy === 1 ? 'needs' : 'need'} attention` : null;
    const appliances = headline(now);
    const running = memory.running.filter(rescan => !rescan.waits);
    setText(this.#heading, appliances ?? attention
      ?? (rows.length === 0 ? 'No repository is listed' : rows.length === 1 ? 'The repository is in order' : `All ${number(rows.length)} repositories are in order`));
    setText(this.#summary, [
      appliances ? attention : null,
      `${count(rows.length, 'repository', 'repositories')} on ${count(memory.appliances.length, 'appliance')}`,
      running.length > 0 ? `${number(running.length)} running` : 'none running',
      running.length < memory.running.length ? `${number(memory.running.length - running.length)} waiting` : null,
      finished > 0 ? `last rescan finished ${ago((now - finished) / 1000)}` : 'no rescan recorded yet',
    ].filter(Boolean).join(' · '));
    this.title = needy + memory.errors.length > 0 ? `(${needy + memory.errors.length}) Overview` : 'Overview';
  }

  #choose(filter) {
    memory.filter = filter;
    this.#arrange();
  }

  #order(order) {
    memory.sort = order;
    this.#arrange();
  }

  #search() {
    memory.find = this.#find.value;
    this.#arrange();
  }

  /** Asks for all of it now. */
  #again() {
    memory.listedAt = 0;
    this.#context.nudge();
  }

  async #startRun() {
    const accepted = await startRun(memory.repositories);
    if (accepted) {
      this.#context.go(`#/runs/${encodeURIComponent(accepted.id)}`);
    }
  }
}

function byName(a, b) {
  return collator.compare(a.repository.name, b.repository.name) || collator.compare(a.repository.appliance, b.repository.appliance);
}

/** What is wrong with appliances, in a line; null when all list their repositories. One that answers and refuses is not silent. */
function headline(now) {
  const silent = memory.errors.filter(error => !error.answers);
  const worst = silent.length > 0 ? silent : memory.errors;
  if (worst.length === 0) {
    return null;
  }

  const total = memory.appliances.length;
  const who = total === 1 ? 'The appliance' : `${number(worst.length)} of ${number(total)} appliances`;
  const does = silent.length === 0 ? 'cannot be used' : worst.length === 1 ? 'does not answer' : 'do not answer';
  return `${who} ${does} since ${moment(Math.min(...worst.map(error => Date.parse(error.since))), now)}`;
}
