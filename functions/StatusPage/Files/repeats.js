// How runs repeat one another, and whether one is retried by itself.

import { h } from './dom.js';
import { banner } from './notes.js';
import { serverNow } from './api.js';
import { moment } from './words.js';

/** Whether a run waits to be retried by itself: whatever repeats it first is the retry. */
export const isRetryDue = run => Boolean(run.retry) && !run.retry.canceledAt && (run.repeatedBy ?? []).length === 0;

/** Which run this one repeats, which ones repeat it, and the retry that is due; one line each. */
export function repeatNotes(run) {
  const after = run.repeatedBy ?? [];
  return [
    run.repeats && h('p', { class: 'repeats' }, run.repeats.try > 1 ? `Try ${run.repeats.try}: repeats what failed in ` : 'Repeats what failed in ', linkTo(run.repeats.runId, 'another run'), '.'),
    after.length > 0 && h('p', { class: 'repeats' }, 'What failed was repeated by ',
      after.map((repeat, i) => [i > 0 ? ', ' : '', linkTo(repeat.runId, repeat.startedBy.kind === 'Retry' ? 'a retry' : after.length > 1 ? `run ${i + 1}` : 'another run')]), '.'),
    isRetryDue(run) && banner('warn', `What failed is retried ${moment(run.retry.dueAt, serverNow())}.`),
  ].filter(Boolean);
}

const linkTo = (id, words) => h('a', { href: `#/runs/${encodeURIComponent(id)}` }, words);
