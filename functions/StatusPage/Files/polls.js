// The app's next poll of the appliance: in words, and as the moment when there can be news.

import { serverNow } from './api.js';
import { count, ticking } from './words.js';

/** When the appliance is asked next, in words. */
export function nextPoll(rescan, now) {
  const polls = rescan.polls > 0 ? count(rescan.polls, 'poll') : null;
  const seconds = rescan.nextPollAt ? (Date.parse(rescan.nextPollAt) - now) / 1000 : null;
  const next = seconds === null ? 'asking the appliance' : seconds < 0.5 ? 'next poll now' : `next poll in ${ticking(Math.ceil(seconds))}`;
  return [polls, next].filter(Boolean).join(' · ');
}

/** News can only come with a poll of the app's, so the page asks just after the next one. */
export function untilNews(rescans) {
  if (rescans.length === 0) {
    return 15_000;
  }

  const now = serverNow();
  const next = Math.min(...rescans.map(rescan => (rescan.nextPollAt ? Date.parse(rescan.nextPollAt) - now : 1_000)));
  return Math.min(Math.max(next + 600, 1_500), 15_000);
}
