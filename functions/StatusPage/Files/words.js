// Numbers and times as people read them.

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minuteFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const zoneFormat = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'shortOffset' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const secondFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const fullFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const numberFormat = new Intl.NumberFormat('en-GB');

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const number = value => numberFormat.format(value);

/** 3 repositories, 1 repository. */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** A span of time: 0.4 s, 20 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function span(seconds) {
  const value = Math.max(0, seconds);
  if (value < 0.05) {
    return '< 0.1 s';
  }

  if (value < 9.95) {
    return `${Math.round(value * 10) / 10} s`;
  }

  const whole = Math.round(value);
  if (whole < MINUTE) {
    return `${whole} s`;
  }

  if (whole < HOUR) {
    return two(whole, MINUTE, 'min', 1, 's');
  }

  return whole < DAY ? two(whole, HOUR, 'h', MINUTE, 'min') : two(whole, DAY, 'd', HOUR, 'h');
}

/** A span in one unit, for what is only an estimate. */
export function about(seconds) {
  const [unit, name] = seconds < 90 ? [1, 's'] : seconds < 90 * MINUTE ? [MINUTE, 'min'] : [HOUR, 'h'];
  return `${Math.max(1, Math.round(seconds / unit))} ${name}`;
}

/** A span in whole seconds, for what ticks. */
export const ticking = seconds => (seconds < 1 ? '0 s' : span(Math.floor(seconds)));

/** How long ago, in one unit. */
export function ago(seconds) {
  if (seconds < 45) {
    return 'just now';
  }

  if (seconds < HOUR) {
    return `${Math.max(1, Math.floor(seconds / MINUTE))} min ago`;
  }

  return seconds < 36 * HOUR ? `${Math.floor(seconds / HOUR)} h ago` : `${Math.round(seconds / DAY)} days ago`;
}

/** How long until, in one unit. */
export function until(seconds) {
  if (seconds < 45) {
    return 'now';
  }

  return seconds < 90 * MINUTE ? `in ${Math.round(seconds / MINUTE)} min`
    : seconds < 36 * HOUR ? `in ${Math.round(seconds / HOUR)} h` : `in ${Math.round(seconds / DAY)} days`;
}

/** 1st, 2nd, 3rd, 11th, 121st. */
export function ordinal(value) {
  const ending = value % 100 > 10 && value % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th';
  return `${number(value)}${ending}`;
}

/** 02:10 where that is today, else 25 Nov, 02:10; in this browser's zone. */
export function moment(time, now) {
  const then = new Date(time);
  return then.toDateString() === new Date(now).toDateString() ? minuteFormat.format(then) : dayFormat.format(then);
}

/** Fri 27 Nov, 01:30 in a zone; in this browser's own where the browser does not know that zone. */
export function inZone(time, timeZone) {
  const form = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };
  try {
    return new Intl.DateTimeFormat('en-GB', { ...form, timeZone }).format(new Date(time));
  } catch {
    return new Intl.DateTimeFormat('en-GB', form).format(new Date(time));
  }
}

/** The zone in which this page shows times, with its offset at a time: Europe/Berlin, GMT+1. */
export function zone(time) {
  const offset = zoneFormat.formatToParts(new Date(time)).find(part => part.type === 'timeZoneName').value;
  const name = zoneFormat.resolvedOptions().timeZone;
  return name === 'UTC' || name === offset ? name : `${name}, ${offset}`;
}

/** 01:30:05 in this browser's zone. */
export const clock = time => clockFormat.format(new Date(time));

/** 25 Nov, 01:30 in this browser's zone. */
export const day = time => dayFormat.format(new Date(time));

/** 25 Nov 2026, 01:30:05 in this browser's zone. */
export const second = time => secondFormat.format(new Date(time));

/** The whole time with its zone. */
export const full = time => fullFormat.format(new Date(time));

function two(whole, unit, name, subunit, subname) {
  const rest = Math.floor((whole % unit) / subunit);
  return `${Math.floor(whole / unit)} ${name}${rest > 0 ? ` ${rest} ${subname}` : ''}`;
}
