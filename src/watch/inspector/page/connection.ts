import type { Detail } from '../detail.ts';
import type { FeedLine, Store } from './store.ts';

export type Status = 'connecting' | 'live' | 'paused' | 'disconnected' | 'full';

const RETRY_MS = 500;
/** Silence after which the server is gone: it sends a line every second. */
const SILENCE_MS = 4000;
const DETAIL_MS = 150;

/** Keeps a store up to date while the server runs; connects again when the server comes back. */
export class Connection {
  status: Status = 'connecting';
  readonly #store: Store;
  readonly #changed: () => void;
  #abort: AbortController | null = null;

  constructor(store: Store, changed: () => void) {
    this.#store = store;
    this.#changed = changed;
    this.resume();
    void this.#follow();
  }

  /** Lets go of the server: the page stands still, and the server keeps the last lines. */
  pause(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.#store.stop();
    this.#become('paused');
  }

  resume(): void {
    if (this.#abort !== null) return;
    this.#abort = new AbortController();
    void this.#run(this.#abort.signal);
  }

  select(key: string): void {
    this.#store.select(key);
    void this.#look();
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#become('connecting');
    while (!signal.aborted) {
      const why = await this.#read(signal).catch((): Status => 'disconnected');
      if (signal.aborted) return;
      this.#become(why);
      await wait(RETRY_MS);
    }
  }

  async #read(paused: AbortSignal): Promise<Status> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([paused, attempt.signal]);
    const response = await fetch('feed', { signal, cache: 'no-store' });
    if (response.status === 503) return 'full';
    if (!response.ok || response.body === null) return 'disconnected';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const timer = setTimeout(() => attempt.abort(), SILENCE_MS);
      const { value, done } = await reader.read();
      clearTimeout(timer);
      if (done) return 'disconnected';
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      // Trusted: the server of this page writes the lines of the feed.
      for (const line of lines) this.#store.take(JSON.parse(line) as FeedLine);
      if (lines.length > 0) this.#become('live');
    }
  }

  /** Asks for the details of the selected session again and again. */
  async #follow(): Promise<void> {
    for (;;) {
      await wait(DETAIL_MS);
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { selected } = this.#store;
    const { key, lines } = selected;
    if (key === undefined || this.status !== 'live') return;
    const after = lines.at(-1)?.n ?? 0;
    try {
      const signal = AbortSignal.timeout(SILENCE_MS);
      const response = await fetch(`session/${key}?after=${after}`, { signal });
      const detail = (await response.json()) as Detail;
      // Another request, or another server, may have changed the store meanwhile.
      if (this.#store.selected !== selected || this.status !== 'live') return;
      this.#store.takeDetail(detail);
      this.#changed();
    } catch {
      // The feed notices when the server is gone.
    }
  }

  #become(status: Status): void {
    this.status = status;
    this.#changed();
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
