import type { Clients } from './clients.ts';
import { LIMITS } from './setting.ts';
import type { World } from './world.ts';

/** Longer than everything a runtime waits for at its end. */
const END_MS = LIMITS.closeTimeoutMs * 3 + LIMITS.storeTimeoutMs * 2;

/** The ends of a process and of a history. */
export class Finish {
  readonly #world: World;
  readonly #clients: Clients;

  constructor(world: World, clients: Clients) {
    this.#world = world;
    this.#clients = clients;
  }

  /** The process ends in order. */
  async close(): Promise<void> {
    const { world } = { world: this.#world };
    const { process, ledger, scheduler } = world;
    process.draining ??= process.runtime.drain({ deadlineMs: LIMITS.closeTimeoutMs });
    void process.draining
      .then(() => process.runtime.close())
      .then(
        () => (process.isClosed = true),
        (error: unknown) => world.broke(`close() failed: ${String(error)}`),
      );
    for (let i = 0; i < 20 && !process.isClosed; i++) await scheduler.pass(END_MS / 2);
    ledger.check(process.isClosed, () => 'close() never finishes');
    await scheduler.pass(END_MS);
    this.#isOver();
    this.#clients.die();
    world.closed();
  }

  /** After `close()`, nothing is left. */
  #isOver(): void {
    const { process, ledger } = this.#world;
    const { sessions, handshakes, streams, inFlight } = process.runtime.stats();
    const left = { total: sessions.total, handshakes, streams, inFlight };
    for (const [name, count] of Object.entries(left)) {
      ledger.check(count === 0, () => `${count} ${name} after close`);
    }
    const timers = process.clock.pending('runtime');
    ledger.check(timers === 0, () => `${timers} timers after close`);
  }

  /** All that is open is answered; then everybody leaves, and all of it is over in its time. */
  async all(): Promise<void> {
    const world = this.#world;
    const { scheduler, setting } = world;
    world.process.user.isQuick = true;
    if (world.process.draining !== undefined) {
      await this.close();
      world.start();
      world.process.user.isQuick = true;
    }
    await scheduler.pass(LIMITS.storeTimeoutMs + 1500);
    for (const line of this.#clients.lines) line.read(Infinity);
    this.#openGates();
    await scheduler.pass(8000);
    for (const line of this.#clients.lines) line.read(Infinity);
    this.#openGates();
    await scheduler.pass(1000);
    if (setting.ending === 'expire') await this.#expire();
    await this.close();
  }

  #openGates(): void {
    for (const { gates } of this.#world.process.servers)
      for (const gate of gates.slice()) gate.open();
  }

  async #expire(): Promise<void> {
    const { scheduler, process, ledger, census, disk } = this.#world;
    for (const line of this.#clients.lines) line.reset();
    await scheduler.settle();
    this.#openGates();
    await scheduler.pass(90_000);
    const { sessions, handshakes, streams, inFlight, pinned } = process.runtime.stats();
    const left = { total: sessions.total, handshakes, streams, inFlight, ...pinned };
    for (const [name, count] of Object.entries(left)) {
      ledger.check(count === 0, () => `${count} ${name} live for ever`);
    }
    census.review(process.clock.now());
    ledger.check(census.size === 0, () => `${census.size} ports live for ever`);
    if (disk === undefined) return;
    const records = disk.committed.ids;
    ledger.check(records.length === 0, () => `records live for ever: ${records.join()}`);
    ledger.check(disk.committed.rowCount === 0, () => 'rows live for ever');
  }
}
