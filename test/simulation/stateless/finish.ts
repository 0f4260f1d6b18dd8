import { LIMITS } from '../setting.ts';
import type { World } from '../world.ts';
import type { StatelessClients } from './clients.ts';

const MOST_WAITS = 10;
const THINGS = ['cursor', 'page', 'shell'] as const;

/** What must be over at the end of a process, and of a history. */
export class StatelessFinish {
  readonly #world: World;
  readonly #clients: StatelessClients;

  constructor(world: World, clients: StatelessClients) {
    this.#world = world;
    this.#clients = clients;
  }

  /** Whoever asked has an answer. */
  async settled(): Promise<void> {
    const { ledger, process, scheduler } = this.#world;
    // Calls wait for each other, and each for a store that has hung.
    for (let i = 0; i < MOST_WAITS && this.#waiting.length > 0; i++) {
      await scheduler.pass(2 * LIMITS.storeTimeoutMs);
    }
    for (const what of this.#waiting) {
      ledger.check(process.user.faults > 0, () => `${what} is never answered`);
    }
  }

  /** Who waits for an answer and reads nothing else meanwhile. A stream lasts for as long as it likes. */
  get #waiting(): string[] {
    const open = [...this.#clients.open].filter(({ what, line }) => {
      return !what.startsWith('listen') && !line.isOver && line.isQuick && line.waiting === 1;
    });
    return open.map(({ what }) => what);
  }

  /** Nothing is under way any more. */
  isQuiet(when: string): void {
    const { ledger, process, stateless, disk } = this.#world;
    const { modern, handles } = process.runtime.stats();
    const { waiting, tasksRunning, listens } = modern;
    const open = Object.values(handles).reduce((sum, { total, asleep }) => sum + total - asleep, 0);
    // Who waits for a store that hangs is told nothing any more.
    const handlers = disk?.isTroubled === true ? 0 : stateless!.calls.running.size;
    const left = { waiting, tasksRunning, listens, 'open handles': open, handlers };
    for (const [name, count] of Object.entries(left)) {
      ledger.check(count === 0 || process.user.faults > 0, () => `${count} ${name} ${when}`);
    }
  }

  /** The deadlines of everything have passed. */
  isOver(): void {
    const { ledger, process, disk } = this.#world;
    const { runtime } = process;
    const views = runtime.calls();
    ledger.check(views.length === 0, () => `${views.length} calls live for ever`);
    for (const kind of THINGS) {
      const total = runtime.stats().handles[kind]?.total ?? 0;
      ledger.check(total === 0, () => `${total} handles (${kind}) live for ever`);
    }
    if (disk === undefined) return;
    // Where nothing of a process asks for handles, nothing looks for those that are due.
    const isAsked = THINGS.some((kind) => kind in runtime.stats().handles);
    for (const part of isAsked ? (['tasks', 'handles'] as const) : (['tasks'] as const)) {
      const { ids } = disk.part(part).committed;
      ledger.check(ids.length === 0, () => `records of ${part} live for ever: ${ids.join()}`);
    }
  }

  /** Nothing more is heard of the process. */
  die(): void {
    this.#clients.die();
  }
}
