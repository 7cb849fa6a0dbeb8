// Starting, repeating and canceling, asked first and told after.

import { ApiError, post, remove } from './api.js';
import { confirm, open, say } from './dialogs.js';
import { h, setText } from './dom.js';
import { count, day } from './words.js';

/** Asks, then starts a rescan. The answer is what was accepted, or null. */
export async function startRescan(appliance, repository) {
  const asked = await confirm(
    `Rescan ${repository.name}?`,
    `The appliance ${appliance} will read the repository again. A rescan of it that runs already is joined, never doubled.`,
    'Rescan');
  return asked ? attempt(async () => {
    const accepted = await post('rescans', { appliance, repository: repository.id });
    say(accepted.joined ? `${repository.name} is being rescanned already; here it is.` : `The rescan of ${repository.name} has started.`, 'run');
    return accepted;
  }) : null;
}

/** Asks, then cancels a rescan. The answer is whether it was asked to cancel. */
export async function cancelRescan(rescan) {
  const asked = await confirm(
    `Cancel the rescan of ${rescan.repository.name}?`,
    rescan.waits ? 'It has not begun yet; the one before it goes on.' : 'Its session is stopped on the appliance. What it has found so far stays as it is.',
    'Cancel the rescan', true);
  return asked && await attempt(async () => {
    await remove(`rescans/${encodeURIComponent(rescan.id)}${rescan.requestId ? `?requestId=${encodeURIComponent(rescan.requestId)}` : ''}`);
    say(`The rescan of ${rescan.repository.name} is being canceled.`);
    return true;
  }) === true;
}

/** Asks, then cancels a run over many repositories. */
export async function cancelRun(run) {
  const asked = await confirm('Cancel this run?', 'Repositories whose turn has not come are left out, and rescans that it started are stopped.', 'Cancel the run', true);
  return asked && await attempt(async () => {
    await remove(`runs/${encodeURIComponent(run.id)}`);
    say('The run is being canceled.');
    return true;
  }) === true;
}

/** Asks, then rescans what was not rescanned in a run that has ended. The answer is what was accepted, or null. */
export async function rerun(run) {
  const asked = await confirm(
    'Rescan again what failed?',
    'A new run takes the repositories that were not rescanned, and appliances that could not be asked. What was canceled is left out.',
    'Rescan what failed');
  return asked ? attempt(async () => {
    const accepted = await post(`runs/${encodeURIComponent(run.id)}/rerun`);
    say(accepted.joined ? 'What failed is being rescanned already; here it is.' : 'The run over what failed has started.', 'run');
    return accepted;
  }) : null;
}

/** Asks, then cancels the retry for which a run waits. */
export async function cancelRetry(run) {
  const asked = await confirm('Cancel the retry?', 'What failed stays as it is, and is told to those who want to be. It can be rescanned by hand.', 'Cancel the retry', true);
  return asked && await attempt(async () => {
    await remove(`runs/${encodeURIComponent(run.id)}`);
    say('The retry is canceled.');
    return true;
  }) === true;
}

/** Asks which repositories, then starts a run over them. The answer is what was accepted, or null. */
export async function startRun(repositories) {
  const appliances = [...new Set(repositories.map(r => r.appliance))];
  const appliance = h('select', { id: 'run-appliance' }, h('option', { value: '' }, 'All appliances'), appliances.map(name => h('option', { value: name }, name)));
  const names = h('input', { id: 'run-names', type: 'text', value: '*', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'run-hint' });
  const preview = h('p', { class: 'muted', role: 'status' });
  const ok = h('button', { type: 'button', class: 'primary' }, 'Start the run');
  const show = () => {
    const pattern = matcher(names.value);
    const fitting = repositories.filter(r => (appliance.value === '' || r.appliance === appliance.value) && pattern.test(r.name));
    setText(preview, fitting.length === 0 ? 'No repository fits.' : `${count(fitting.length, 'repository', 'repositories')} will be rescanned.`);
    ok.disabled = fitting.length === 0;
  };
  appliance.addEventListener('change', show);
  names.addEventListener('input', show);
  show();
  const wish = await open(
    'Rescan many',
    [
      h('p', null, 'One run sees to them all, a few at a time on each appliance, and reports how each fared.'),
      h('label', { for: 'run-appliance' }, 'Appliance'), appliance,
      h('label', { for: 'run-names' }, 'Names'), names,
      h('p', { id: 'run-hint', class: 'muted small' }, '* stands for any letters, as in prod-*'), preview,
    ],
    h('button', { type: 'button' }, 'Not now'), ok,
    () => ({ ...(appliance.value === '' ? {} : { appliance: appliance.value }), filter: { include: [names.value.trim()] } }));
  return wish && attempt(async () => {
    const accepted = await post('rescans', wish);
    say('The run has started.', 'run');
    return accepted;
  });
}

const shortest = 60_000;
const usual = 8 * 3600_000;

/** Asks until when, then pauses the schedules, or one. The answer is whether they are paused. */
export async function pauseSchedules(names, now) {
  const all = names.length > 1;
  const which = h('select', { id: 'pause-which' }, h('option', { value: '' }, 'All schedules'), names.map(name => h('option', { value: name }, name)));
  const end = h('input', { id: 'pause-until', type: 'datetime-local', value: local(now + usual), min: local(now + shortest), required: true });
  const reason = h('input', { id: 'pause-reason', type: 'text', maxlength: '200', autocomplete: 'off' });
  const ok = h('button', { type: 'button', class: 'primary' }, 'Pause');
  end.addEventListener('input', () => {
    ok.disabled = !(new Date(end.value).getTime() > now);
  });
  const wish = await open(
    all ? 'Pause the schedules' : 'Pause the schedule',
    [
      h('p', null, 'Runs that come due before this time are skipped. Runs under way go on, and you can still start rescans by hand.'),
      ...(all ? [h('label', { for: 'pause-which' }, 'Which'), which] : []),
      h('label', { for: 'pause-until' }, 'Until'), end,
      h('label', { for: 'pause-reason' }, 'Why (may stay empty)'), reason,
    ],
    h('button', { type: 'button' }, 'Not now'), ok,
    () => ({
      until: new Date(end.value).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...(which.value === '' ? {} : { schedule: which.value }), ...(reason.value.trim() === '' ? {} : { reason: reason.value.trim() }),
    }));
  return wish !== null && await attempt(async () => {
    await post('schedule/pause', wish);
    say(`Paused until ${day(wish.until)}.`);
    return true;
  }) === true;
}

/** Ends every pause, or that of one schedule. The answer is whether it ended. */
export const resumeSchedules = async one => await attempt(async () => {
  await remove(`schedule/pause${one ? `?schedule=${encodeURIComponent(one)}` : ''}`);
  say('Scheduled runs begin again.');
  return true;
}) === true;

/** A time as the field for it wants it, in this browser's zone. */
function local(time) {
  const then = new Date(time);
  return new Date(time - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function matcher(text) {
  return new RegExp(`^${text.trim().split('*').map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`, 'i');
}

async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }

    say(error.message, 'bad');
    return null;
  }
}
