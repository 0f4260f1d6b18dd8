import type { Clients, Note } from './clients.ts';
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
    const isHeard = response.isStream || response.end !== undefined;
    if (!isHeard) continue;
    clients.notes.delete(note);
    const { status } = response;
    const name = `${what} of ${life?.id} got ${status}`;
    const isRefused = status >= 400 || status === 0;
    ledger.check(!isForeign || isRefused, () => `${name} as a foreigner`);
    ledger.check(!wasOver || isRefused, () => `${name} after its end`);
    if (status === 404 && !isForeign) isGone(world, note);
    if (status === 503 || status === 429) mayRefuse(world, note);
    ledger.check(status !== 500 || process.user.faults > 0, () => `${name}: ${response.body}`);
  }
}

/** Only who has ended is not found. */
function isGone({ ledger, process }: World, { what, life, process: number }: Note): void {
  if (life === undefined || number !== process.number || process.draining !== undefined) return;
  const { isOver, isLoose, endedAt, id } = life;
  const isFine = isOver || isLoose || endedAt !== undefined || process.isEnding(id);
  ledger.check(isFine || process.user.faults > 0, () => `${what} of ${id} got 404`);
}

/** Who is refused for now is refused for a reason. */
function mayRefuse(world: World, { what, life, response, at, process: number }: Note): void {
  const { ledger, process, disk, setting } = world;
  if (number !== process.number) return;
  const code = /"code":"([a-z-]+)"/.exec(response.body)?.[1];
  const isFine =
    (code === 'draining' && process.draining !== undefined) ||
    (['at-capacity', 'quota-reached'].includes(code ?? '') && setting.maxSessions < 100) ||
    (code === 'quota-reached' && hasMany(world)) ||
    (code === 'store-unavailable' && (disk?.wasTroubled(at) === true || process.user.faults > 0)) ||
    // Its client left before it heard why.
    response.end === 'cut' ||
    // An `initialize` whose session ended meanwhile.
    (code === 'session-ended' && life === undefined);
  ledger.check(isFine, () => `${what} of ${life?.id} got 503 ${code}`);
}

/** So many sessions were opened or woken that one principal may have had its share of them. */
function hasMany({ process }: World): boolean {
  const { spawned, woken, sessions } = process.runtime.stats();
  const held = spawned + woken + sessions.initializing;
  return held >= process.runtime.limits.maxSessionsPerPrincipal;
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
