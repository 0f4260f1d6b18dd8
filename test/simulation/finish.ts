import type { Clients } from './clients.ts';
import { review } from './review.ts';
import { LIMITS } from './setting.ts';
import type { StatelessClients } from './stateless/clients.ts';
import { StatelessFinish } from './stateless/finish.ts';
import type { World } from './world.ts';

/** Longer than everything a runtime waits for at its end. */
const END_MS = LIMITS.closeTimeoutMs * 3 + LIMITS.storeTimeoutMs * 2;

/** Times that a client comes back for the rest of an answer. */
const MOST_PARTS = 8;

/** What ends. */
interface Ending {
  readonly world: World;
  readonly clients: Clients;
  /** Where the stateless revision is served as well. */
  readonly stateless: StatelessClients | undefined;
}

/** The ends of a process and of a history. */
export class Finish {
  readonly #world: World;
  readonly #clients: Clients;
  readonly #stateless: StatelessFinish | undefined;

  constructor({ world, clients, stateless }: Ending) {
    this.#world = world;
    this.#clients = clients;
    this.#stateless = stateless && new StatelessFinish(world, stateless);
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
    this.#stateless?.die();
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
    this.#stateless?.isQuiet('after close');
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
    await this.#read();
    await scheduler.pass(8000);
    await this.#read();
    await scheduler.pass(1000);
    await this.#settled();
    await this.#stateless?.settled();
    if (setting.ending === 'expire') await this.#expire();
    await this.close();
  }

  /** Everybody reads all there is, however much comes. */
  async #read(): Promise<void> {
    this.#openGates();
    for (let isMore = true; isMore;) {
      isMore = this.#clients.lines.map((line) => line.read(Infinity)).some((read) => read > 0);
      await this.#world.scheduler.settle();
    }
  }

  /** Whoever asked has an answer, or had one error, or left; who lost its stream comes back for it. */
  async #settled(): Promise<void> {
    const { ledger, scheduler, process, lives } = this.#world;
    const calls = [...lives.values()].flatMap((life) => life.calls.map((call) => ({ life, call })));
    // What hangs for ever in user code is waited for as long as the limits say, and not here.
    const open = calls.filter(({ call: { answers, isCancelled, process: number } }) => {
      return answers.size === 0 && !isCancelled && number === process.number;
    });
    for (const { life, call } of open) {
      const { response, line } = call.parts.at(-1)!;
      const isAlone = line.isQuick && line.waiting === 1 && !line.isOver;
      ledger.check(
        response.end !== undefined || !isAlone || process.user.faults > 0,
        () => `${call.kind} ${call.nonce} of ${life.id} waits for ever`,
      );
    }
    // A long resumption comes in parts: whoever was given one comes back for the next.
    for (let part = 0; part < MOST_PARTS; part++) {
      const lost = open.filter(({ life, call: { answers, parts } }) => {
        const { isStream, end } = parts.at(-1)!.response;
        return answers.size === 0 && isStream && end !== undefined && life.endedAt === undefined;
      });
      for (const { life, call } of lost) this.#clients.resume(life, call);
      await scheduler.pass(2000);
      if (lost.length === 0) break;
    }
    review(this.#world, this.#clients);
    for (const { life, call } of open) {
      const { response, line } = call.parts.at(-1)!;
      const isHeard = !line.isOver && line.isQuick && line.waiting === 0 && response.isStream;
      const isOver = life.endedAt !== undefined || life.isLoose || life.isOver;
      ledger.check(
        !isHeard || call.answers.size === 1 || isOver || process.user.faults > 0,
        () => `${call.kind} ${call.nonce} of ${life.id} came back for nothing`,
      );
    }
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
    this.#stateless?.isOver();
    census.review(process.clock.now());
    ledger.check(census.size === 0, () => `${census.size} ports live for ever`);
    if (disk === undefined) return;
    const records = disk.committed.ids;
    ledger.check(records.length === 0, () => `records live for ever: ${records.join()}`);
    ledger.check(disk.committed.rowCount === 0, () => 'rows live for ever');
  }
}
