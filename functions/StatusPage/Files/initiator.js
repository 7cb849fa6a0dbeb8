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

const named = {
  Schedule: name => `the schedule ${name}`,
  Api: name => name,
  Webhook: name => `webhook message ${name}`,
  Command: name => `${name} (rescan command)`,
};

/** Who it was, as text or as a link to the run; what is not known is said to be so. */
export function initiator(by) {
  if (by?.kind === 'Run' && by.name) {
    return h('a', { href: `#/runs/${encodeURIComponent(by.name)}` }, by.name.startsWith('run-scheduled-') ? 'a scheduled run' : 'a run');
  }

  return by ? words(by) : 'not known';
}

/** The same as text alone, in the middle of a sentence. */
export const initiatorText = by => (by.kind === 'Run' ? 'its run' : words(by));

/** Who canceled a run, in the middle of a line about it; null where nobody did. */
export const canceledBy = run => (run.canceledBy ? `canceled by ${words(run.canceledBy)}` : null);

/** The same in the middle of a line about a run; null where it is not known. */
export const startedBy = run => (run.startedBy ? `started by ${words(run.startedBy)}` : null);

function words({ kind, name }) {
  return (name && named[kind]?.(name)) || (kinds[kind] ?? kind);
}
