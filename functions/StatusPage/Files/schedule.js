// When the next scheduled runs are due, what became of the last ones, and pauses.

import { pauseSchedules, resumeSchedules } from './actions.js';
import { serverNow } from './api.js';
import { h, icon, replaceChildren } from './dom.js';
import { initiatorText } from './initiator.js';
import { runLook, tally } from './status.js';
import { ago, day, full, inZone, until } from './words.js';

/** Shows each schedule in a line, and in banners what keeps or kept its runs from beginning in time. */
export class ScheduleNote {
  #lines = h('div', { class: 'schedules' });
  #banners = h('div', { class: 'banners' });
  #pause = h('button', { type: 'button', class: 'quiet act', onclick: () => this.#askPause() }, 'Pause…');
  #names = [];
  #nudge;
  #key = null;

  /** What is done after a pause or its end, to show it at once. */
  constructor(nudge) {
    this.#nudge = nudge;
    this.element = h('div', { class: 'schedule-place', hidden: true }, h('div', { class: 'schedule-head' }, this.#lines, this.#pause), this.#banners);
  }

  update(schedule, now) {
    const key = JSON.stringify([schedule, Math.floor(now / 60_000)]);
    if (key === this.#key) {
      return;
    }

    this.#key = key;
    this.element.hidden = false;
    const { schedules } = schedule;
    const lines = schedule.isEnabled
      ? schedules.map(one => h('p', { class: 'schedule' }, [...name(one, schedules), ...next(one, now), ...last(one, now)]))
      : [h('p', { class: 'schedule' }, 'The timer is switched off, so no run begins by itself.')];
    this.#names = schedules.map(one => one.name);
    this.#pause.hidden = !schedule.isEnabled || schedule.paused !== null;
    replaceChildren(this.#lines, lines);
    replaceChildren(this.#banners, [...this.#pauses(schedule), ...schedules.flatMap(one => remarks(one, schedules)).map(text => banner([text]))]);
  }

  /** One for all schedules, or one for each that is paused alone. */
  #pauses({ paused, schedules }) {
    const resume = (label, one) => h('button', { type: 'button', class: 'act', onclick: () => this.#resume(one) }, label);
    return paused ? [banner([`The schedules are paused until ${day(paused.until)}${because(paused)}. Runs that come due before are skipped. `, resume('Resume')])]
      : schedules.filter(one => one.paused).map(one =>
        banner([`The schedule ${one.name} is paused until ${day(one.paused.until)}${because(one.paused)}. Runs that come due before are skipped. `, resume('Resume', one.name)]));
  }

  async #askPause() {
    if (await pauseSchedules(this.#names, serverNow())) {
      this.#nudge();
    }
  }

  async #resume(one) {
    if (await resumeSchedules(one)) {
      this.#nudge();
    }
  }
}

const because = pause => `${pause.reason ? ` (${pause.reason})` : ''}${pause.by ? ` by ${initiatorText(pause.by)}` : ''}`;

const banner = content => h('div', { class: 'banner warn' }, icon('warn'), h('p', null, content));

const name = (one, all) => (all.length > 1 ? [h('strong', null, one.name), ': '] : []);

function next(schedule, now) {
  if (!schedule.nextDueAt) {
    return [h('span', null, `No run begins by itself: ${schedule.cron} is never due.`)];
  }

  const seconds = (Date.parse(schedule.nextDueAt) - now) / 1000;
  return [h('span', null, 'Next scheduled run ', h('time', { datetime: schedule.nextDueAt, title: full(schedule.nextDueAt) },
    `${inZone(schedule.nextDueAt, schedule.timeZone)} (${schedule.timeZone})`), `, ${until(seconds)}.`)];
}

function last(schedule, now) {
  const run = schedule.last;
  if (!run) {
    return schedule.nextDueAt && !schedule.lastDueAt ? [h('span', null, ' It will be the first.')] : [];
  }

  const look = runLook(run);
  const counts = tally(run.counts);
  return [' ', h('span', { class: 'schedule-last' }, 'Last one: ',
    h('a', { href: `#/runs/${encodeURIComponent(run.id)}` }, look.label.toLowerCase()),
    run.finishedAt ? ` ${ago((now - Date.parse(run.finishedAt)) / 1000)}` : '', counts ? ` (${counts})` : '', '.')];
}

/** Skipped, late and missed runs, each with its reason. */
function remarks(schedule, all) {
  const run = schedule.last;
  const done = schedule.lastStarted;
  const of = all.length > 1 ? ` of ${schedule.name}` : '';
  return [
    schedule.missedAt && `The run${of} due ${inZone(schedule.missedAt, schedule.timeZone)} (${schedule.timeZone}) never began. See whether the app was running then.`,
    run?.reason && `The scheduled run${of} of ${day(run.startedAt)}: ${run.reason}`,
    run?.status === 'Skipped' && done && `The last one that was not skipped began ${day(done.startedAt)}: ${runLook(done).label.toLowerCase()}.`,
  ].filter(Boolean);
}
