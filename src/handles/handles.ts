import { ActorsError } from '../base/errors.ts';
import { ALONE, type OwnedStore } from '../directory/ownership.ts';
import type { HandleStats } from '../events/counters.ts';
import { MemoryStore } from '../store/memoryStore.ts';
import type { StorePart } from '../store/store.ts';
import { HandleKind, type KindShare } from './kind.ts';
import type { HandleSettings } from './options.ts';
import type { HandleView } from './view.ts';
import { KindStore } from './kindStore.ts';

/** What the handles of a runtime need of it. */
export interface HandlesShare extends Omit<KindShare, 'storeOf' | 'part'> {
  /** A part of the durable store; `undefined` where no store keeps handles. */
  readonly partOf: (name: StorePart) => OwnedStore | undefined;
}

/** The handles of one runtime, by their kind. Each kind is made when a tool first asks for it. */
export class Handles {
  readonly #share: HandlesShare;
  readonly #kinds = new Map<string, HandleKind>();
  readonly #parts = new Map<StorePart, OwnedStore | undefined>();
  #isOver = false;

  constructor(share: HandlesShare) {
    this.#share = share;
  }

  /**
   * @param part of a durable store that keeps the records of the kind
   * @throws ActorsError `bad-option` where another kind has the name; `session-over` when the runtime
   * is closed
   */
  of(settings: HandleSettings, part: StorePart = 'handles'): HandleKind {
    const known = this.#kinds.get(settings.name);
    if (known?.settings === settings) return known;
    if (known !== undefined) {
      throw new ActorsError('bad-option', `two kinds of handles are named ${settings.name}`);
    }
    if (this.#isOver) throw new ActorsError('session-over', 'the runtime is closed');
    const storeOf = (kind: string): OwnedStore => this.#storeOf(kind, part);
    const kind = new HandleKind(settings, { ...this.#share, storeOf, part });
    this.#kinds.set(settings.name, kind);
    return kind;
  }

  stats(): Readonly<Record<string, HandleStats>> {
    return Object.fromEntries(Array.from(this.#kinds, ([name, kind]) => [name, kind.stats()]));
  }

  views(kind?: string): HandleView[] {
    const kinds = [...this.#kinds.values()].filter(
      ({ name }) => kind === undefined || name === kind,
    );
    return kinds.flatMap((each) => each.views());
  }

  async drain(deadlineMs: number): Promise<void> {
    const drained = [...this.#kinds.values()].map((each) => each.drain(deadlineMs));
    await Promise.all(drained);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#kinds.values()].map((each) => each.close()));
  }

  /** The kinds whose records a part has. */
  in(part: StorePart): HandleKind[] {
    return [...this.#kinds.values()].filter((kind) => kind.part === part);
  }

  #storeOf(kind: string, name: StorePart): OwnedStore {
    if (!this.#parts.has(name)) this.#parts.set(name, this.#share.partOf(name));
    const part = this.#parts.get(name);
    if (part === undefined) return { store: new MemoryStore(), ownership: ALONE };
    const { ownership } = part;
    const store = new KindStore(part, kind, ({ home }) => this.#kinds.has(home ?? ''));
    return { store, ownership };
  }
}

const registered = new WeakMap<object, Handles>();

/** Registers the handles of a runtime. @param world what all its sessions share */
export function setHandles(world: object, handles: Handles): void {
  registered.set(world, handles);
}

/** The handles of the runtime whose sessions share a world. */
export function handlesOf(world: object): Handles {
  return registered.get(world)!;
}
