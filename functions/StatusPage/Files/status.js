// What outcomes and phases are called, how they look, and which repositories need a person.

import { h, icon } from './dom.js';
import { number, ordinal, span } from './words.js';

const OVERDUE = 26 * 3600;

const outcomes = {
  Succeeded: { label: 'Succeeded', tone: 'ok', icon: 'ok' },
  Warning: { label: 'Warning', counted: 'with warnings', tone: 'warn', icon: 'warn' },
  Failed: { label: 'Failed', tone: 'bad', icon: 'bad' },
  Canceled: { label: 'Canceled', tone: 'idle', icon: 'idle' },
  TimedOut: { label: 'Timed out', tone: 'bad', icon: 'late' },
  Lost: { label: 'Lost', tone: 'bad', icon: 'bad' },
  Rejected: { label: 'Rejected', tone: 'bad', icon: 'bad' },
  None: { label: 'Without an outcome', tone: 'bad', icon: 'bad' },
  Unreachable: { label: 'Unreachable', tone: 'bad', icon: 'bad' },
};

const phases = {
  SigningIn: 'Signing in',
  Starting: 'Starting',
  Watching: 'Watching the session',
  Stopping: 'Stopping the session',
  Recording: 'Recording the outcome',
  Ended: 'Ended',
};

export const running = { label: 'Running', tone: 'run', icon: 'run' };
export const overdue = { label: 'Overdue', tone: 'warn', icon: 'late' };
export const never = { label: 'Never rescanned', tone: 'idle', icon: 'none' };

/** The look of an outcome; one not known here is shown by its own name. */
export const outcomeLook = outcome => outcomes[outcome] ?? { label: String(outcome), tone: 'idle', icon: 'none' };

/** The outcome after a number: 3 succeeded, 2 with warnings. */
export const counted = outcome => outcomeLook(outcome).counted ?? outcomeLook(outcome).label.toLowerCase();

export const phaseName = (phase, canceling) => (canceling ? 'Canceling' : phases[phase] ?? phase ?? 'Waiting for its turn');

/** What a rescan that has not ended does now. */
export const doing = rescan => (rescan.waits ? 'Waits for the one before it' : phaseName(rescan.phase));

/** Icon and words, in the colour of the tone. */
export const pill = look => h('span', { class: `pill ${look.tone}` }, icon(look.icon, look.icon === 'run' ? 'spin' : ''), h('span', null, look.label));

export const isDone = outcome => outcome === 'Succeeded' || outcome === 'Warning';

/** The instance id of a repository's rescans. */
export const rescanId = (appliance, repositoryId) => `rescan-${appliance}-${repositoryId}`.toLowerCase();

/** How a rescan that has ended is to be shown. */
export const endLook = rescan => (rescan.outcome ? outcomeLook(rescan.outcome.outcome) : { label: 'Ended without an outcome', tone: 'bad', icon: 'bad' });

const runs = {
  Running: running,
  Completed: { label: 'Completed', tone: 'ok', icon: 'ok' },
  Canceled: outcomes.Canceled,
  TimedOut: outcomes.TimedOut,
  Skipped: { label: 'Skipped', tone: 'warn', icon: 'warn' },
  Failed: outcomes.Failed,
};

/** A run that saw to everything is still shown by the worst that it met, and one that saw to nothing is never green. */
export function runLook(run) {
  const look = runs[run.status] ?? { label: run.status, tone: 'idle', icon: 'none' };
  if (run.status !== 'Completed') {
    return look;
  }

  const tones = Object.entries(run.counts ?? {}).filter(([, n]) => n > 0).map(([outcome]) => outcomeLook(outcome).tone);
  return tones.includes('bad') || (run.errors ?? []).length > 0 ? { label: 'Completed, with failures', tone: 'bad', icon: 'bad' }
    : tones.length === 0 ? { label: 'Completed, nothing rescanned', tone: 'warn', icon: 'warn' }
      : tones.includes('warn') || (run.warnings ?? []).length > 0 ? { label: 'Completed, with warnings', tone: 'warn', icon: 'warn' } : look;
}

/** 3 succeeded, 2 with warnings. */
export const tally = counts => Object.entries(counts ?? {}).filter(([, n]) => n > 0).map(([outcome, n]) => `${number(n)} ${counted(outcome)}`).join(', ');

/** The look of a repository whose turn in a run has not come. */
export const waiting = place => ({ label: waitingWords(place), tone: 'idle', icon: 'late' });

const waitingWords = place => `Waiting for its turn (${ordinal(place)})`;

/**
 * Whether a repository needs a person, and why: its last rescan failed, or it has gone 26 hours without one that was done,
 * the same limit as the alert in infra/queries/overdue.kql. One whose first rescan runs or waits for its turn needs nobody.
 */
export function judge(repository, now, isRunning, place) {
  const last = repository.lastOutcome;
  if (!last) {
    return isRunning ? { rank: 2, look: never, note: null }
      : place ? { rank: 2, look: waiting(place), note: null }
        : repository.leftOutOfRuns ? { rank: 2, look: never, note: 'Runs leave it out unless they name it' } : { rank: 1, look: never, note: null };
  }

  const state = judgeLast(repository, last, now);
  return place && !isRunning ? { ...state, note: waitingWords(place) } : state;
}

function judgeLast(repository, last, now) {
  const look = outcomeLook(last.outcome);
  if (look.tone === 'bad') {
    return { rank: 0, look, note: last.reason };
  }

  const done = isDone(last.outcome) ? last : repository.history.findLast(h => isDone(h.outcome));
  const age = done ? (now - Date.parse(done.finishedAt)) / 1000 : null;
  if (age === null) {
    return { rank: 1, look, note: 'None of its rescans was done so far' };
  }

  if (age > OVERDUE && !repository.leftOutOfRuns) {
    return { rank: 1, look: overdue, note: `Last done ${span(age)} ago` };
  }

  return { rank: 2, look, note: last.reason };
}

/** The middle of the durations of rescans that ran to their end, in seconds; null when there are none. */
export function usual(history) {
  const durations = history.filter(p => isDone(p.outcome)).map(p => p.durationSeconds).sort((a, b) => a - b);
  return durations.length > 0 ? durations[Math.floor(durations.length / 2)] : null;
}
