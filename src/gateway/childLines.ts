import type { LongLine } from '../base/lineReader.ts';
import { isObject, isRequestId, readMessage } from '../wire/jsonrpc.ts';
import type { Hearer } from './backend.ts';
import type { SessionLog } from './log.ts';

/** The two ways servers write answers: with the id in front of the result, or behind it. */
const ID_IN_FRONT =
  /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*,\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const RESULT_IN_FRONT = /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const ID_BEHIND = /,\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*\}\s*$/;

/** Reads the lines of a child process as messages; a line that holds none is logged. */
export class ChildLines {
  readonly #hearer: Hearer;
  readonly #log: SessionLog;

  constructor(hearer: Hearer, log: SessionLog) {
    this.#hearer = hearer;
    this.#log = log;
  }

  take(text: string): void {
    let values: unknown;
    try {
      values = JSON.parse(text);
    } catch {
      return this.#log.skip(text);
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      const message = readMessage(value);
      if (message === undefined) {
        this.#log.skip(text);
        this.#misread(value);
        continue;
      }
      try {
        this.#hearer.heard(message, text.length);
      } catch {
        // JSON that was parsed can be nested too deep to be written again.
        this.#log.skip(text);
      }
    }
  }

  /** Takes a line over the limit: a request may wait for it, so both ends of the line are known. */
  takeLong({ head, tail, bytes }: LongLine): void {
    this.#log.skip(`${head}… (${bytes} bytes)`);
    const behind = RESULT_IN_FRONT.test(head) ? ID_BEHIND.exec(tail) : null;
    const id = (ID_IN_FRONT.exec(head) ?? behind)?.[1];
    if (id !== undefined) this.#misread({ id: JSON.parse(id) as unknown });
  }

  /** Answers the request of a malformed answer: the child will not send a better one. */
  #misread(value: unknown): void {
    if (!isObject(value) || 'method' in value) return;
    if (isRequestId(value['id'])) this.#hearer.unanswered(value['id']);
  }
}
