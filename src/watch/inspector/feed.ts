import { setImmediate } from 'node:timers/promises';
import type { Calls } from './calls.ts';
import type { Handles } from './handles.ts';
import type { Machines } from './machines.ts';
import type { Nodes } from './nodes.ts';
import type { InspectorSettings } from './options.ts';
import type { Viewer } from './viewer.ts';
import type { Watch } from './watch.ts';

/** Rows in one line of the feed; changes beyond come with the next line. */
const MAX_ROWS = 500;
/** Dead letters that a page is told of at first. */
const MAX_LETTERS = 200;
/** How often a quiet feed still sends a line: a page takes a silent server for gone. */
const BEAT_MS = 1000;

/** What a runtime lists, beside its sessions. */
interface Lists {
  readonly calls: Calls;
  readonly handles: Handles;
  readonly nodes: Nodes;
}

/**
 * Tells the pages what happens, as lines of JSON: `hello`, the present rows, `ready`, then the
 * changes, every `flushMs` while there is a viewer. All viewers get the same line, made once.
 */
export class Feed {
  readonly #watch: Watch;
  readonly #machines: Machines;
  readonly #lists: Lists;
  readonly #settings: InspectorSettings;
  readonly #viewers = new Set<Viewer>();
  #timer: unknown;
  #isFlushing = false;
  #letters = 0;
  #lastBeat = 0;

  constructor(watch: Watch, machines: Machines, lists: Lists, settings: InspectorSettings) {
    this.#watch = watch;
    this.#machines = machines;
    this.#lists = lists;
    this.#settings = settings;
  }

  /** Tells a viewer all that the inspector knows, then the changes, until the viewer leaves. */
  async serve(viewer: Viewer): Promise<void> {
    if (this.#viewers.size === 0) {
      // Without viewers nobody sweeps the table, and there is no page to tell of its changes.
      await this.#soon(this.#sweepAll());
      this.#watch.table.takeChanges(Infinity);
      this.#letters = this.#lettersSince(0).total;
    }
    this.#viewers.add(viewer);
    viewer.whenGone(() => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#end();
    });
    if (viewer.isGone) return void this.#viewers.delete(viewer);
    this.#timer ??= this.#next();
    const { limits } = this.#watch.runtime;
    const { calls, handles, nodes } = this.#lists;
    const lists = { calls: calls.all(), handles: handles.all(), nodes: nodes.all() };
    viewer.write(this.#line({ type: 'hello', limits, ...lists, ...this.#house() }));
    viewer.write(this.#line({ type: 'batch', letters: this.#lettersSince(0).letters }));
    // Rows change while they are written: each is read when its turn comes, so none is stale.
    await viewer.writeAll(this.#rows());
    viewer.write(this.#line({ type: 'ready' }));
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.cut();
    this.#end();
  }

  #end(): void {
    this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(): unknown {
    return this.#settings.clock.setTimeout(() => void this.#flush(), this.#settings.flushMs);
  }

  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      await this.#soon(this.#watch.sweep());
      const { rows, gone } = this.#watch.table.takeChanges(MAX_ROWS);
      const { letters, total } = this.#lettersSince(this.#letters);
      this.#letters = total;
      const machines = this.#machines.takeChanges();
      const now = this.#settings.clock.now();
      const isDue = now - this.#lastBeat >= BEAT_MS;
      const calls = this.#lists.calls.takeChanges();
      const handles = this.#lists.handles.takeChanges();
      const nodes = this.#lists.nodes.takeChanges();
      const news = { rows, gone, letters, machines, calls, handles, nodes };
      const isQuiet = rows.length + gone.length + letters.length + machines.length === 0;
      const isNews = !isQuiet || [calls, handles, nodes].some((list) => list !== undefined);
      if (isNews || isDue) {
        this.#lastBeat = now;
        const line = this.#line({ type: 'batch', ...news, ...this.#house() });
        for (const viewer of this.#viewers) viewer.write(line);
      }
    } finally {
      this.#isFlushing = false;
      if (this.#viewers.size > 0) this.#timer = this.#next();
    }
  }

  /** Looks at all sessions once. */
  async #sweepAll(): Promise<void> {
    while (!(await this.#watch.sweep())) await setImmediate();
  }

  /**
   * Waits for a look at the sessions, and not for long: a store, or a cluster, that can not be asked now
   * may be asked later, and a page is to say so. The table has what events tell.
   */
  async #soon(look: Promise<unknown>): Promise<void> {
    const { clock } = this.#settings;
    let timer: unknown;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, BEAT_MS);
    });
    await Promise.race([look.catch(() => {}), late]);
    clock.clearTimeout(timer);
  }

  *#rows(): Iterable<string> {
    let rows = [];
    for (const row of this.#watch.table.rows()) {
      rows.push(row);
      if (rows.length < MAX_ROWS) continue;
      yield this.#line({ type: 'batch', rows });
      rows = [];
    }
    yield this.#line({ type: 'batch', rows, machines: this.#machines.all() });
  }

  #house(): Record<string, unknown> {
    const { supervisor, runtime } = this.#watch;
    return { supervisor, stats: runtime.stats() };
  }

  /** The dead letters after the first `count`; by their numbers a page knows those it has. */
  #lettersSince(count: number): { readonly letters: object[]; readonly total: number } {
    const { deadLetters } = this.#watch.runtime.stats();
    const total = Object.values(deadLetters).reduce((sum, one) => sum + one, 0);
    const fresh = Math.min(total - count, MAX_LETTERS);
    const last = fresh <= 0 ? [] : this.#watch.runtime.deadLetters().slice(-fresh);
    const letters = last.map((letter, i) => ({ n: total - last.length + i + 1, ...letter }));
    return { letters, total };
  }

  #line(fields: Record<string, unknown>): string {
    return `${JSON.stringify({ at: this.#watch.runtime.now(), ...fields })}\n`;
  }
}
