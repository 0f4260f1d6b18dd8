/** An event of an event stream, as a client reads it. */
export interface Heard {
  readonly id: string | undefined;
  readonly data: string;
}

/** What one request got back, as far as its client has read. */
export class Response {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  body = '';
  isStream = false;
  readonly events: Heard[] = [];
  /** `whole`: to its end; `cut`: its connection was over before. */
  end: 'whole' | 'cut' | undefined;
  #rest = '';
  readonly #onEvent: (event: Heard) => void;
  readonly #onEnd: () => void;

  constructor(onEvent: (event: Heard) => void, onEnd: () => void) {
    this.#onEvent = onEvent;
    this.#onEnd = onEnd;
  }

  /** The id to come back with. */
  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  take(text: string): void {
    if (!this.isStream) {
      this.body += text;
      return;
    }
    const frames = (this.#rest + text).split('\n\n');
    this.#rest = frames.pop()!;
    for (const frame of frames) {
      const id = /^id: (.*)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (id === undefined && data === undefined) continue;
      const event = { id, data: data ?? '' };
      this.events.push(event);
      this.#onEvent(event);
    }
  }

  finish(end: 'whole' | 'cut'): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#onEnd();
  }
}

type Head = Pick<Response, 'status' | 'headers'>;

/** Reads the responses of one connection, in the order of their requests. */
export class ResponseReader {
  readonly #asked: Response[] = [];
  #text = '';
  /** What is left of the body: a count, or chunk after chunk. */
  #left: number | 'chunks' | undefined;

  expect(response: Response): void {
    this.#asked.push(response);
  }

  /** How many requests have no whole response. */
  get waiting(): number {
    return this.#asked.length;
  }

  read(text: string): void {
    this.#text += text;
    while (this.#step());
  }

  /** The connection is over. */
  over(): void {
    for (const response of this.#asked.splice(0)) response.finish('cut');
  }

  /** @returns whether there may be more to read */
  #step(): boolean {
    const response = this.#asked[0];
    if (response === undefined) {
      if (this.#text !== '') throw new Error(`bytes that nobody asked for: ${this.#text}`);
      return false;
    }
    if (this.#left === undefined) return this.#head(response);
    if (this.#left === 'chunks') return this.#chunk(response);
    const part = this.#text.slice(0, this.#left);
    this.#text = this.#text.slice(part.length);
    this.#left -= part.length;
    if (part !== '') response.take(part);
    if (this.#left > 0) return false;
    this.#done(response);
    return true;
  }

  #head(response: Response): boolean {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const { status, headers } = headOf(this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 4);
    if (status < 200) return true;
    response.status = status;
    response.headers = headers;
    response.isStream = headers['content-type'] === 'text/event-stream';
    this.#left =
      headers['transfer-encoding'] === 'chunked'
        ? 'chunks'
        : Number(headers['content-length'] ?? 0);
    return true;
  }

  #chunk(response: Response): boolean {
    const line = this.#text.indexOf('\r\n');
    if (line < 0) return false;
    const size = Number.parseInt(this.#text.slice(0, line), 16);
    const end = line + 2 + size;
    if (this.#text.length < end + 2) return false;
    const part = this.#text.slice(line + 2, end);
    this.#text = this.#text.slice(end + 2);
    if (size > 0) response.take(part);
    else this.#done(response);
    return true;
  }

  #done(response: Response): void {
    this.#left = undefined;
    this.#asked.shift();
    response.finish('whole');
  }
}

function headOf(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(': ');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
  }
  return { status: Number(first.split(' ')[1]), headers };
}
