// The runs that go on, and whose turn comes when.

import { get } from './api.js';
import { rescanId } from './status.js';

const LOOK_BACK = 10;

/** The runs that go on, each with its repositories. */
export async function readRuns(signal) {
  const { items } = await get(`runs?limit=${LOOK_BACK}`, signal);
  return Promise.all(items.filter(run => run.status === 'Running').map(run => get(`runs/${encodeURIComponent(run.id)}`, signal)));
}

/** The place of each repository that waits for its turn, from 1, by the id of its rescan. Each appliance has a queue of its own. */
export function turnsOf(runs) {
  const turns = new Map();
  for (const run of runs) {
    const queues = new Map();
    for (const item of run.items.filter(i => i.state === 'Waiting')) {
      const place = (queues.get(item.appliance) ?? 0) + 1;
      queues.set(item.appliance, place);
      const id = rescanId(item.appliance, item.repository.id);
      turns.set(id, Math.min(place, turns.get(id) ?? Infinity));
    }
  }

  return turns;
}
