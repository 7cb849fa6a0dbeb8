// How runs repeat one another, and whether one is retried by itself.

import { h } from './dom.js';
import { initiatorText } from './initiator.js';
import { banner } from './notes.js';
import { serverNow } from './api.js';
import { moment } from './words.js';

/** Whether a run waits to be retried by itself: whatever repeats it first is the retry. */
export const isRetryDue = run => Boolean(run.retry) && !run.retry.canceledAt && (run.repeatedBy ?? []).length === 0;

/** Which run this one repeats, which ones repeat it, and the retry that is due; one line each. */
export function repeatNotes(run) {
  const { repeats, repeatedBy = [] } = run;
  return [
    repeats && h('p', { class: 'repeats' },
      repeats.try > 1 ? `Try ${repeats.try}: repeats what failed in ` : 'Repeats what failed in ', linkTo(repeats.runId, 'another run'), '.'),
    repeatedBy.length > 0 && h('p', { class: 'repeats' },
      'What failed was repeated by ', repeatedBy.map((repeat, i) => [i > 0 ? ', ' : '', linkTo(repeat.runId, nameOf(repeat, i, repeatedBy.length))]), '.'),
    run.retry?.canceledAt && h('p', { class: 'repeats' }, `The retry of what failed was canceled${run.retry.canceledBy ? ` by ${initiatorText(run.retry.canceledBy)}` : ''}.`),
    isRetryDue(run) && banner('warn', `What failed is retried ${moment(run.retry.dueAt, serverNow())}.`),
  ].filter(Boolean);
}

const nameOf = (repeat, index, of) => (of > 1 ? `run ${index + 1}` : repeat.startedBy.kind === 'Retry' ? 'a retry' : 'another run');

const linkTo = (id, words) => h('a', { href: `#/runs/${encodeURIComponent(id)}` }, words);
