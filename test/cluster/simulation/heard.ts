import { headerPairs } from '../../../src/wire/headers.ts';
import type { Message } from '../../../src/wire/jsonrpc.ts';

/** What becomes of a request, as its client sees it. */
export interface Hearing {
  /** The head of the response has come. */
  head(status: number, headers: Readonly<Record<string, string>>): void;
  /** A message has come. @param event id of its event, where it came on an event stream */
  message(message: Message, event: string | undefined): void;
  /** `whole`: the response came to its end; `cut`: the connection was lost. */
  over(how: 'whole' | 'cut'): void;
}

/** Reads one response: JSON, or an event stream. */
export class Heard {
  readonly #hearing: Hearing;
  #text = '';
  #isOver = false;
  /** Of the last event that came, also of an empty one. */
  lastEventId: string | undefined;

  constructor(hearing: Hearing) {
    this.#hearing = hearing;
  }

  answered(status: number, headers: readonly string[], body: string): void {
    if (this.#isOver) return;
    this.#hearing.head(status, Object.fromEntries(lowered(headers)));
    if (body !== '') for (const each of messagesOf(body)) this.#hearing.message(each, undefined);
    this.#over('whole');
  }

  opened(headers: readonly string[]): void {
    if (!this.#isOver) this.#hearing.head(200, Object.fromEntries(lowered(headers)));
  }

  read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      if (!this.#isOver) this.#event(event);
    }
  }

  ended(): void {
    this.#over('whole');
  }

  broke(): void {
    this.#over('cut');
  }

  /** The client hears nothing more. */
  leave(): void {
    this.#isOver = true;
  }

  #event(event: string): void {
    const id = /^id: ?(.*)$/m.exec(event)?.[1];
    const data = /^data: ?(.*)$/m.exec(event)?.[1];
    if (id !== undefined) this.lastEventId = id;
    if (data === undefined || data === '') return;
    for (const each of messagesOf(data)) this.#hearing.message(each, id);
  }

  #over(how: 'whole' | 'cut'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hearing.over(how);
  }
}

function messagesOf(text: string): readonly Message[] {
  return [JSON.parse(text) as Message | Message[]].flat();
}

function lowered(headers: readonly string[]): [string, string][] {
  return headerPairs(headers).map(([name, value]) => [name.toLowerCase(), value]);
}
