import { systemClock } from '../base/clock.ts';
import type { LongLine } from '../base/lineReader.ts';
import { isObject, isRequestId, readMessage } from '../wire/jsonrpc.ts';
import { keepText } from '../wire/verbatim.ts';
import type { Hearer } from './backend.ts';
import type { SessionLog } from './log.ts';

/** The two ways servers write answers: with the id in front of the result, or behind it. */
const ID_IN_FRONT =
  /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*,\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const RESULT_IN_FRONT = /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const ID_BEHIND = /,\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*\}\s*$/;

/** Where an answer may begin in the middle of a line. */
const EMBEDDED = /\{\s*"(?:jsonrpc|id|result|error)"\s*:/;

/** How long the answer that a line quotes may take to come by itself. */
const QUOTE_MS = 250;

/** What is known so far of a message that is spread over several lines. */
interface Block {
  indent?: string;
  id: unknown;
  isAnswer: boolean;
  isMethod: boolean;
}

/** The id in the text of an answer; `undefined` where it has none. */
function idIn(head: string, tail: string): unknown {
  const behind = RESULT_IN_FRONT.test(head) ? ID_BEHIND.exec(tail) : null;
  const id = (ID_IN_FRONT.exec(head) ?? behind)?.[1];
  return id === undefined ? undefined : valueOf(id);
}

function valueOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Reads the lines of a child process as messages; a line that holds none is logged. */
export class ChildLines {
  readonly #hearer: Hearer;
  readonly #log: SessionLog;
  /** The message that is being read line by line. */
  #block: Block | null = null;

  constructor(hearer: Hearer, log: SessionLog) {
    this.#hearer = hearer;
    this.#log = log;
  }

  take(text: string): void {
    let values: unknown;
    try {
      values = JSON.parse(text);
    } catch {
      this.#log.skip(text);
      return this.#guess(text);
    }
    this.#block = null;
    for (const value of Array.isArray(values) ? values : [values]) {
      const message = readMessage(value);
      if (message === undefined) {
        this.#log.skip(text);
        this.#misread(value);
        continue;
      }
      if (!Array.isArray(values)) keepText(message, text);
      try {
        this.#hearer.heard(message, text.length);
      } catch {
        // JSON that was parsed can be nested too deep to be written again.
        this.#log.skip(text);
      }
    }
  }

  /** Finds out which request a line was to answer that is no JSON. */
  #guess(text: string): void {
    const id = idIn(text, text);
    if (id !== undefined) return this.#misread({ id });
    // Glued to something else, or a log line that quotes an answer, which then comes by itself.
    const start = text.search(EMBEDDED);
    const embedded = start < 0 ? undefined : idIn(text.slice(start), text.slice(start));
    if (embedded !== undefined) return this.#later(embedded);
    if (/^\{\s*$/.test(text)) this.#block = { id: undefined, isAnswer: false, isMethod: false };
    else if (this.#block !== null) this.#spread(this.#block, text);
  }

  /** Reads a line of a message that is spread over several, with a member on each. */
  #spread(block: Block, text: string): void {
    const [, indent, name, value = ''] = /^(\s+)"(\w+)"\s*:\s*(.*?),?\s*$/.exec(text) ?? [];
    if (indent !== undefined && indent === (block.indent ??= indent)) {
      if (name === 'id') block.id = valueOf(value);
      if (name === 'method') block.isMethod = true;
      if (name === 'result' || name === 'error') block.isAnswer = true;
    }
    if (!text.startsWith('}')) return;
    this.#block = null;
    if (block.isAnswer && !block.isMethod) this.#misread({ id: block.id });
  }

  #later(id: unknown): void {
    if (!isRequestId(id) || !this.#hearer.isAsked(id)) return;
    systemClock.setTimeout(() => this.#hearer.unanswered(id), QUOTE_MS);
  }

  /** Takes a line over the limit: a request may wait for it, so both ends of the line are known. */
  takeLong({ head, tail, bytes }: LongLine): void {
    this.#log.skip(`${head}… (${bytes} bytes)`);
    const id = idIn(head, tail);
    if (id !== undefined) this.#misread({ id });
  }

  /** Answers the request of a malformed answer: the child will not send a better one. */
  #misread(value: unknown): void {
    if (!isObject(value) || 'method' in value) return;
    if (isRequestId(value['id'])) this.#hearer.unanswered(value['id']);
  }
}
