// One repository as a row of the table.

import { startRescan } from './actions.js';
import { sparkline, sparklineKey } from './charts.js';
import { h, setAttribute, setText } from './dom.js';
import { judge, pill, running as runningLook } from './status.js';
import { ago, full, span } from './words.js';

export class Row {
  running = false;
  #id;
  #context;
  #trendKey = null;
  #outcomeKey = null;
  #link = h('a', { class: 'row-name' });
  #where = h('span', { class: 'muted small clip' });
  #outcome = h('td', { role: 'cell', class: 'c-outcome' });
  #finished = h('time');
  #took = h('td', { role: 'cell', class: 'c-took num' });
  #trend = h('td', { role: 'cell', class: 'c-trend' });
  #button = h('button', { type: 'button', class: 'small', onclick: () => this.#act() });

  constructor(id, context) {
    this.#id = id;
    this.#context = context;
    this.element = h('tr', { role: 'row' },
      h('th', { role: 'rowheader', scope: 'row', class: 'c-name' }, this.#link, this.#where),
      this.#outcome, h('td', { role: 'cell', class: 'c-finished num' }, this.#finished), this.#took, this.#trend,
      h('td', { role: 'cell', class: 'c-action' }, this.#button));
  }

  /** Shows the repository as it is, or, when its appliance has not listed it now, as it was known last. */
  update(repository, runs, place, stale, now) {
    this.repository = repository;
    this.running = runs;
    this.state = judge(repository, now, runs, place);
    const last = repository.lastOutcome;
    this.finished = last ? Date.parse(last.finishedAt) : 0;
    this.took = last?.durationSeconds ?? 0;
    this.words = `${repository.name} ${repository.appliance} ${repository.bucket ?? ''} ${repository.folder ?? ''}`.toLowerCase();
    setText(this.#link, repository.name);
    setAttribute(this.#link, 'href', last || runs ? `#/rescans/${encodeURIComponent(this.#id)}` : null);
    setText(this.#where, [repository.appliance, [repository.bucket, repository.folder].filter(Boolean).join('/') || repository.type, repository.leftOutOfRuns && 'left out of runs', stale && 'as last known'].filter(Boolean).join(' · '));
    setAttribute(this.#where, 'title', repository.leftOutOfRuns ? `Runs leave it out unless they name it: ${repository.leftOutOfRuns}` : null);
    const key = `${this.state.look.label}/${runs}/${this.state.note}`;
    if (key !== this.#outcomeKey) {
      this.#outcomeKey = key;
      this.#outcome.replaceChildren(pill(runs ? runningLook : this.state.look), this.state.note && !runs ? h('span', { class: 'muted small clip', title: this.state.note }, this.state.note) : '');
    }

    setText(this.#took, last ? span(last.durationSeconds) : '–');
    setAttribute(this.#finished, 'datetime', last?.finishedAt);
    setAttribute(this.#finished, 'title', last ? full(last.finishedAt) : null);
    const trend = sparklineKey(repository.history);
    if (trend !== this.#trendKey) {
      this.#trendKey = trend;
      this.#trend.replaceChildren(sparkline(repository.history));
    }

    setText(this.#button, runs ? 'Watch' : 'Rescan');
    this.#button.classList.toggle('act', !runs);
    setAttribute(this.#button, 'aria-label', `${runs ? 'Watch the rescan of' : 'Rescan'} ${repository.name}`);
    this.age(now);
  }

  age(now) {
    setText(this.#finished, this.finished > 0 ? ago((now - this.finished) / 1000) : '–');
  }

  async #act() {
    if (this.running) {
      this.#context.go(`#/rescans/${encodeURIComponent(this.#id)}`);
    } else if (await startRescan(this.repository.appliance, this.repository)) {
      this.#context.nudge();
    }
  }
}
