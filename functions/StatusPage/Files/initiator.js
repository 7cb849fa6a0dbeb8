// Who or what asked for a rescan or a run.

import { h } from './dom.js';

const kinds = {
  Schedule: 'the schedule',
  Api: 'the HTTP API or this page',
  Webhook: 'a webhook',
  S3Event: 'new objects in its bucket',
  Command: 'the rescan command',
  Retry: 'a retry',
};

/** Who it was, as text or as a link to the run; what is not known is said to be so. */
export function initiator(by) {
  if (by?.kind === 'Run' && by.name) {
    return h('a', { href: `#/runs/${encodeURIComponent(by.name)}` }, by.name.startsWith('run-scheduled-') ? 'a scheduled run' : 'a run');
  }

  return by ? words(by) : 'not known';
}

/** The same in the middle of a line about a run; null where it is not known. */
export const startedBy = run => (run.startedBy ? `started by ${words(run.startedBy)}` : null);

function words({ kind, name }) {
  return kind === 'Schedule' && name ? `the schedule ${name}` : name ?? kinds[kind] ?? kind;
}
