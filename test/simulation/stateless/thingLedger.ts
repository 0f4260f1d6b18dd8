import { ActorsError } from '../../../src/base/errors.ts';
import type { Ledger } from '../ledger.ts';
import type { SimDisk } from '../simDisk.ts';
import { UserError } from '../userError.ts';
import type { Moment } from './moment.ts';
import { THING_LIMITS } from './setting.ts';
import { Opening, type Thing } from './thing.ts';

/** A handle as its own code sees it. */
interface Seen {
  readonly id: string;
  readonly key: string;
  readonly principal: string | undefined;
}

/** A kind of handle: what of it outlives what is live. */
export const SLEEPS: Readonly<Record<string, boolean>> = { cursor: true, page: true, shell: false };

/** How long nobody has to use a handle before it may be gone. */
const KEPT_MS = THING_LIMITS.idleTimeoutMs + THING_LIMITS.evictAfterMs;

/** Handles: each its owner's, used by one at a time while it is live, released once. */
export class ThingLedger {
  readonly #ledger: Ledger;
  readonly #disk: SimDisk | undefined;
  readonly #now: () => Moment;
  readonly #things = new Map<string, Thing>();

  constructor(ledger: Ledger, disk: SimDisk | undefined, now: () => Moment) {
    this.#ledger = ledger;
    this.#disk = disk;
    this.#now = now;
  }

  /** Handles whose holders have their ids. */
  get known(): readonly Thing[] {
    return [...this.#things.values()].filter(({ isKnown }) => isKnown);
  }

  /** What is live of a handle is opened: for the first time, or once more. */
  opened(kind: string, { id, key, principal: user = 'nobody' }: Seen): Opening {
    const { process, at } = this.#now();
    let thing = this.#things.get(id);
    if (thing === undefined) {
      const fresh = { id, kind, key, user, process, by: '', isKnown: false, isOver: false };
      const rest = { endedAt: undefined, isLoose: false, usedAt: at };
      thing = { ...fresh, ...rest, acked: new Set(), sent: new Set(), openings: [] };
      this.#things.set(id, thing);
    }
    const { openings } = thing;
    const name = `${kind} ${id} of ${thing.user}`;
    this.#ledger.check(thing.user === user, () => `${name} is now ${user}'s`);
    const live = openings.find((each) => each.process === process && each.released === 0);
    this.#ledger.check(live === undefined || this.#now().faults > 0, () => `${name} is open twice`);
    const opening = new Opening(thing, process);
    openings.push(opening);
    return opening;
  }

  released(opening: Opening): void {
    const { thing, process } = opening;
    opening.released++;
    if (process !== this.#now().process) return;
    this.#ledger.check(opening.released === 1, () => `${thing.kind} ${thing.id} is released twice`);
  }

  /** Its maker has its id: with a durable store, the next process can have it as well. */
  created(id: string, by: string): void {
    const thing = this.#things.get(id);
    if (thing === undefined) return;
    thing.by = by;
    thing.isKnown = true;
    thing.usedAt = this.#now().at;
    this.#isStored(thing, []);
  }

  /** A use of a handle begins. @returns ends it */
  entered(opening: Opening, id: string, user: string, tokens: readonly number[]): () => void {
    const { thing } = opening;
    const name = `${thing.kind} ${thing.id} of ${thing.user}`;
    this.#ledger.check(thing.id === id, () => `${name} is used as ${id}`);
    this.#ledger.check(thing.user === user, () => `${name} is used by ${user}`);
    this.#ledger.check(opening.released === 0, () => `${name} is used when it is released`);
    this.#ledger.check(!thing.isOver || thing.isLoose, () => `${name} came back`);
    this.#ledger.check(opening.uses === 0, () => `${name} is used by two at once`);
    for (const each of thing.acked) {
      this.#ledger.check(tokens.includes(each) || thing.isLoose, () => `${name} lost ${each}`);
    }
    for (const each of tokens) {
      this.#ledger.check(thing.sent.has(each), () => `${name} has a foreign ${each}`);
    }
    opening.uses++;
    thing.usedAt = this.#now().at;
    return () => {
      opening.uses--;
      thing.usedAt = this.#now().at;
    };
  }

  /** A change of a handle's state is over. */
  changed({ thing }: Opening, token: number): void {
    if (thing.endedAt !== undefined) return;
    if (!thing.isLoose) thing.acked.add(token);
    this.#isStored(thing, [token]);
  }

  /** What a tool is told goes to a model: nothing of a store or of this library belongs there. */
  failed(error: unknown, { aborted }: AbortSignal): void {
    const isMeant = error instanceof ActorsError || error instanceof UserError || aborted;
    this.#ledger.check(isMeant, () => `a tool is told ${String(error)}`);
  }

  /** A handle may be lost from here on. */
  loosen(id: string): void {
    const thing = this.#things.get(id);
    if (thing !== undefined) thing.isLoose = true;
  }

  /** A caller was told that there is no such handle. */
  gone(id: string, user: string, askedAt: number): void {
    const thing = this.#things.get(id);
    if (thing === undefined || thing.user !== user || thing.isLoose || !thing.isKnown) return;
    const { process, at, faults, isEnding } = this.#now();
    const isEnded = thing.isOver || thing.endedAt !== undefined || at - thing.usedAt >= KEPT_MS;
    const isOver = isEnded || isEnding(thing.key);
    const isLost =
      process !== thing.process && (this.#disk === undefined || SLEEPS[thing.kind] !== true);
    const isTroubled = this.#disk?.wasTroubled(askedAt) === true;
    this.#ledger.check(isOver || isLost || isTroubled || faults > 0, () => {
      return `${thing.kind} ${id} of ${user} is gone`;
    });
  }

  /** Its holder has ended it, and was told so. */
  destroyed(id: string, by: string): void {
    const thing = this.#things.get(id);
    this.#ledger.check(thing?.user === by, () => `${id} of ${thing?.user} is ended by ${by}`);
    if (thing !== undefined) thing.isOver = true;
  }

  /** A list of a user's handles. @param by the session that asks, by its key */
  listed(ids: readonly string[], user: string, by: string): void {
    for (const id of ids) {
      const thing = this.#things.get(id);
      // Who is nobody has what the same session has made.
      const isOwn = thing?.user === user && (user !== 'nobody' || thing.by === by);
      this.#ledger.check(isOwn, () => `${id} of ${thing?.user} is in the list of ${user}`);
    }
  }

  /** The end of a handle was announced. */
  ended(key: string, reason: string): void {
    const thing = [...this.#things.values()].find((each) => each.key === key);
    if (thing === undefined) return;
    // A handle that is kept goes on in the next process.
    if (reason === 'drained' && this.#disk !== undefined && SLEEPS[thing.kind] === true) return;
    thing.endedAt = this.#now().at;
  }

  /** The process there is has ended. @param inOrder it was closed, and did not die */
  over(inOrder: boolean, wasTroubled: boolean): void {
    const { process, faults, isEnding } = this.#now();
    for (const thing of this.#things.values()) {
      const { kind, id, key } = thing;
      if (wasTroubled || thing.endedAt !== undefined || isEnding(key)) thing.isLoose = true;
      thing.endedAt = undefined;
      for (const { process: number, released } of thing.openings) {
        if (number !== process || !inOrder) continue;
        this.#ledger.check(released === 1 || faults > 0, () => {
          return `${kind} ${id} was released ${released} times`;
        });
      }
    }
  }

  /** What is promised of a handle is on the disk before. */
  #isStored(thing: Thing, tokens: readonly number[]): void {
    const disk = this.#disk;
    if (disk === undefined || disk.isTroubled || thing.isLoose || thing.endedAt !== undefined)
      return;
    if (SLEEPS[thing.kind] !== true) return;
    const kept = disk.part('handles').synced.peek(thing.id)?.state as
      | { readonly state?: { readonly tokens: readonly number[] } }
      | undefined;
    const stored = kept?.state?.tokens;
    this.#ledger.check(
      stored !== undefined && tokens.every((each) => stored.includes(each)),
      () => `${thing.kind} ${thing.id} has ${tokens.join()}, and the disk ${stored?.join()}`,
    );
  }
}
