// Small pictures of time: the trend of a repository and the life of one rescan.

import { h, s, setChildren } from './dom.js';
import { counted, outcomeLook, usual } from './status.js';
import { count, number, span } from './words.js';

const SLOTS = 20;
const STEP = 6;
const BAR = 4;
const BASE = 27;
const TALLEST = 19;
const DOTS = 40;

/**
 * The last rescans of a repository, newest at the right: a bar as high as the rescan took long. What was not done has a mark
 * on top, so that no colour is needed to see it.
 */
export function sparkline(history) {
  const shown = history.slice(-SLOTS);
  const longest = Math.max(...shown.map(p => p.durationSeconds), 0.001);
  const bars = { ok: '', warn: '', bad: '', idle: '' };
  shown.forEach((point, index) => {
    const x = (SLOTS - shown.length + index) * STEP + 1;
    const height = Math.max(2, Math.round((point.durationSeconds / longest) * TALLEST));
    const tone = outcomeLook(point.outcome).tone;
    const top = BASE - height;
    bars[tone] += `M${x} ${BASE}v${-height}h${BAR}v${height}z${mark(tone, x, top)}`;
  });
  return s('svg', { class: 'spark', viewBox: `0 0 ${SLOTS * STEP} 28`, role: 'img', 'aria-label': describe(shown) },
    s('path', { class: 'spark-base', d: `M0 27.5h${SLOTS * STEP}` }),
    Object.entries(bars).map(([tone, d]) => d && s('path', { class: `spark-${tone}`, d })));
}

/** What the trend's picture depends on. */
export const sparklineKey = history => `${history.length}/${history.at(-1)?.finishedAt ?? ''}`;

function mark(tone, x, top) {
  switch (tone) {
    case 'warn':
      return `M${x - 0.5} ${top - 1.5}h5l-2.5 -4.5z`;
    case 'bad':
      return `M${x - 0.5} ${top - 7}l5 5m0 -5l-5 5`;
    case 'idle':
      return `M${x} ${top - 3}h4`;
    default:
      return '';
  }
}

function describe(history) {
  if (history.length === 0) {
    return 'No rescans yet';
  }

  const counts = new Map();
  for (const { outcome } of history) {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  const typical = usual(history);
  return `Last ${count(history.length, 'rescan')}: ${[...counts].map(([outcome, n]) => `${n} ${counted(outcome)}`).join(', ')}`
    + (typical === null ? '' : `; usually ${span(typical)}`);
}

/** The life of one rescan: sign-in, start, session with its polls, end. */
export class LifeChart {
  #lanes = h('div', { class: 'life-lanes' });
  #axis = h('div', { class: 'life-axis' });

  constructor() {
    this.element = h('div', { class: 'life', role: 'img' }, this.#lanes, h('div', { class: 'life-row' }, h('span'), this.#axis, h('span')));
  }

  /**
   * @param timeline seconds after the rescan was asked for: signedIn, started, stopAccepted, polls; null where unknown
   * @param end seconds until the end, or until now while it runs
   * @param look of the outcome; null while it runs
   * @param polls how many polls there were; of very many, not all are drawn
   */
  draw(timeline, end, look, polls) {
    const known = timeline ?? { polls: [] };
    const total = Math.max(end, 0.5);
    const ticks = ticksOf(total);
    const scale = Math.max(total, ticks.at(-1)) * 1.02;
    const at = seconds => `${(Math.min(Math.max(seconds, 0), scale) / scale) * 100}%`;
    const signedIn = known.signedIn ?? null;
    const started = known.started ?? null;
    const grid = () => ticks.map(t => s('line', { class: 'life-grid', x1: at(t), x2: at(t), y1: '0', y2: '100%' }));
    const bar = (from, to, tone) => {
      const rectangle = s('rect', { class: `life-bar ${tone}`, x: at(from), y: '25%', height: '50%', rx: '2' });
      rectangle.style.width = `max(3px, ${((to - from) / scale) * 100}%)`;
      return rectangle;
    };
    const tone = look?.tone ?? 'run';
    const rows = [row('Sign in', [grid(), bar(0, signedIn ?? end, signedIn === null ? tone : 'done')], span(signedIn ?? end))];
    if (signedIn !== null) {
      rows.push(row('Start', [grid(), bar(signedIn, started ?? end, started === null ? tone : 'done')], span((started ?? end) - signedIn)));
    }

    if (started !== null) {
      const stop = known.stopAccepted ?? null;
      rows.push(row('Session', [
        grid(), bar(started, end, tone),
        stop !== null && s('line', { class: 'life-stop', x1: at(stop), x2: at(stop), y1: '8%', y2: '92%' }),
      ], span(end - started)));
      rows.push(row('Polls', [grid(), known.polls.map(p => pollMark(at(p), known.polls.length))], number(polls)));
    }

    if (look) {
      rows.push(row('End', [grid(), endMark(at(end), look)], span(end)));
    }

    setChildren(this.#lanes, rows);
    setChildren(this.#axis, ticks.map(t => place(h('span', null, t === 0 ? '0' : span(t)), at(t))));
    this.element.setAttribute('aria-label', sentence(known, end, look, polls));
  }
}

const row = (label, picture, value) => h('div', { class: 'life-row' },
  h('span', { class: 'life-label' }, label),
  s('svg', { class: 'life-track', 'aria-hidden': 'true' }, picture),
  h('span', { class: 'life-value' }, value));

const pollMark = (x, polls) => (polls <= DOTS ? s('circle', { class: 'life-poll', cx: x, cy: '50%', r: '3' })
  : s('line', { class: 'life-tick', x1: x, x2: x, y1: '30%', y2: '70%' }));

const endMark = (x, look) => s('svg', { x, y: '50%', class: `life-end ${look.tone}` }, s('use', { href: `#i-${look.icon}`, x: '-8', y: '-8', width: '16', height: '16' }));

function place(element, left) {
  element.style.left = left;
  return element;
}

function sentence(timeline, end, look, polls) {
  const parts = [];
  if (timeline.signedIn !== null && timeline.signedIn !== undefined) {
    parts.push(`signed in after ${span(timeline.signedIn)}`);
  }

  if (timeline.started !== null && timeline.started !== undefined) {
    parts.push(`session started after ${span(timeline.started)}`, count(polls, 'poll'));
  }

  if (timeline.stopAccepted !== null && timeline.stopAccepted !== undefined) {
    parts.push(`stop accepted after ${span(timeline.stopAccepted)}`);
  }

  parts.push(look ? `${look.label.toLowerCase()} after ${span(end)}` : 'still running');
  return `Life of the rescan: ${parts.join(', ')}.`;
}

/** Round numbers from 0 to just beyond the end, at most seven. */
function ticksOf(total) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const step = steps.find(candidate => total / candidate <= 5) ?? Math.ceil(total / 5 / 86400) * 86400;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
}

/** Counts by outcome as one stacked bar; decoration, so say the same in words beside it. */
export function outcomeBar(counts, missing = 0) {
  const order = ['Succeeded', 'Warning', 'Canceled', 'TimedOut', 'Lost', 'Failed', 'Rejected', 'Unreachable', 'None'];
  const entries = Object.entries(counts).filter(([, n]) => n > 0).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const total = entries.reduce((sum, [, n]) => sum + n, Math.max(missing, 0));
  let from = 0;
  const parts = entries.map(([outcome, n]) => {
    const x = (from / total) * 100;
    from += n;
    return s('rect', { class: outcomeLook(outcome).tone, x: `${x}%`, width: `${(n / total) * 100}%`, y: '0', height: '100%' });
  });
  return s('svg', { class: 'stack', 'aria-hidden': 'true' }, parts);
}

