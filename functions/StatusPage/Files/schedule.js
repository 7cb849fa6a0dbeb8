// When the next scheduled run is due, and what became of the last one.

import { h, icon, replaceChildren } from './dom.js';
import { runLook, tally } from './status.js';
import { ago, day, full, inZone, until } from './words.js';

/** Shows the schedule in a line, and in banners what kept its runs from beginning in time. */
export class ScheduleNote {
  #line = h('p', { class: 'schedule' });
  #banners = h('div', { class: 'banners' });
  #key = null;

  constructor() {
    this.element = h('div', { class: 'schedule-place', hidden: true }, this.#line, this.#banners);
  }

  update(schedule, now) {
    const key = JSON.stringify([schedule, Math.floor(now / 60_000)]);
    if (key === this.#key) {
      return;
    }

    this.#key = key;
    this.element.hidden = false;
    replaceChildren(this.#line, [...next(schedule, now), ...last(schedule, now)]);
    replaceChildren(this.#banners, remarks(schedule).map(text => h('div', { class: 'banner warn' }, icon('warn'), h('p', null, text))));
  }
}

function next(schedule, now) {
  if (!schedule.nextDueAt) {
    return [h('span', null, schedule.isEnabled ? 'No schedule is set, so no run begins by itself.' : 'The schedule is switched off, so no run begins by itself.')];
  }

  const seconds = (Date.parse(schedule.nextDueAt) - now) / 1000;
  return [h('span', null, 'Next scheduled run ', h('time', { datetime: schedule.nextDueAt, title: full(schedule.nextDueAt) },
    `${inZone(schedule.nextDueAt, schedule.timeZone)} (${schedule.timeZone})`), `, ${until(seconds)}.`)];
}

function last(schedule, now) {
  const run = schedule.recent[0];
  if (!run) {
    return schedule.nextDueAt ? [h('span', null, ' It will be the first.')] : [];
  }

  const look = runLook(run);
  const counts = tally(run.counts);
  return [' ', h('span', { class: 'schedule-last' }, 'Last one: ',
    h('a', { href: `#/runs/${encodeURIComponent(run.id)}` }, look.label.toLowerCase()),
    run.finishedAt ? ` ${ago((now - Date.parse(run.finishedAt)) / 1000)}` : '', counts ? ` (${counts})` : '', '.')];
}

/** Skipped, late and missed runs, each with its reason. */
function remarks(schedule) {
  const run = schedule.recent[0];
  const done = schedule.recent.find(r => r.status !== 'Skipped');
  return [
    schedule.missedAt && `The run due ${inZone(schedule.missedAt, schedule.timeZone)} (${schedule.timeZone}) never began. See whether the app was running then.`,
    run?.reason && `The scheduled run of ${day(run.startedAt)}: ${run.reason}`,
    run?.status === 'Skipped' && done && `The last one that was not skipped began ${day(done.startedAt)}: ${runLook(done).label.toLowerCase()}.`,
  ].filter(Boolean);
}
