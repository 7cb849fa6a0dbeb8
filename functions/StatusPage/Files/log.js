// A session's log as a timeline.

import { h, icon, setAttribute, setText } from './dom.js';
import { clock, full } from './words.js';

const looks = {
  Success: ['ok', 'ok'], Warning: ['warn', 'warn'], Error: ['bad', 'bad'], Running: ['run', 'run'], Canceled: ['idle', 'idle'], Pending: ['none', 'idle'],
  Info: ['dot', 'idle'],
};

/** Shows a log; items that changed in place, as the appliance's running ones do, change in place here too. */
export class LogTimeline {
  #rows = [];
  #log;
  #list = h('ol');
  #empty = h('p', { class: 'muted' }, 'The session has logged nothing yet.');

  constructor(label) {
    this.#log = h('div', { class: 'log', role: 'log', 'aria-label': label, tabindex: '0' }, this.#list);
    this.element = h('div', null, this.#empty, this.#log);
    this.show([], true);
  }

  /** Shows the items, oldest first. */
  show(items, running) {
    while (this.#rows.length > items.length) {
      this.#rows.pop().element.remove();
    }

    items.forEach((item, index) => {
      let row = this.#rows[index];
      if (!row) {
        row = newRow();
        this.#rows.push(row);
        this.#list.append(row.element);
      }

      const [name, tone] = looks[item.status] ?? ['dot', 'idle'];
      if (row.name !== name || row.tone !== tone) {
        row.name = name;
        row.tone = tone;
        row.mark.replaceChildren(icon(name, name === 'run' ? 'spin' : ''));
        setAttribute(row.element, 'class', tone);
      }

      setText(row.status, item.status);
      setText(row.time, item.time ? clock(item.time) : '');
      setAttribute(row.time, 'datetime', item.time);
      setAttribute(row.time, 'title', item.time ? full(item.time) : null);
      setText(row.message, item.message);
    });
    this.#empty.hidden = items.length > 0;
    this.#log.hidden = items.length === 0;
    setText(this.#empty, running ? 'The session has logged nothing yet.' : 'No log was kept.');
  }
}

function newRow() {
  const mark = h('span', { class: 'log-mark' });
  const status = h('span', { class: 'unseen' });
  const time = h('time');
  const message = h('span', { class: 'log-message' });
  return { mark, status, time, message, element: h('li', null, mark, time, h('span', { class: 'log-text' }, message, ' ', status)) };
}
