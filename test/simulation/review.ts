import type { Clients } from './clients.ts';
import type { World } from './world.ts';

/** Holds what must hold after each step. */
export function review(world: World, clients: Clients): void {
  const { ledger, process, census, disk } = world;
  census.review(world.now);
  if (disk !== undefined) {
    ledger.check(disk.mostChanges <= MOST_CHANGES, () => {
      return `${disk.mostChanges} changes of one session in one write`;
    });
  }
  for (const note of clients.notes) {
    const { what, life, response, isForeign, wasOver } = note;
    if (response.end === undefined && response.status === 0) continue;
    clients.notes.delete(note);
    const { status } = response;
    const name = `${what} of ${life?.id} got ${status}`;
    const isRefused = status >= 400 || status === 0;
    ledger.check(!isForeign || isRefused, () => `${name} as a foreigner`);
    ledger.check(!wasOver || isRefused, () => `${name} after its end`);
    ledger.check(status !== 500 || process.user.faults > 0, () => `${name}: ${response.body}`);
  }
}

/** All counters are part of what happened, and none is below its floor. */
export function reviewStats({ ledger, process }: World): void {
  const stats = process.runtime.stats();
  const { sessions, handshakes, streams, inFlight } = stats;
  for (const [name, count] of Object.entries({ ...sessions, handshakes, streams, inFlight })) {
    ledger.check(count >= 0, () => `${count} ${name}`);
  }
  ledger.did(JSON.stringify(stats));
}

/** A row for each event to be resumed and for each stream, their ends, and the record. */
const MOST_CHANGES = 128;
