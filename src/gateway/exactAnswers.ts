import { BoundedMap } from '../base/boundedMap.ts';
import { isResponse, type Message, readMessage, type RequestId } from '../wire/jsonrpc.ts';
import { isInexact, keepText, keptText } from '../wire/verbatim.ts';

/** Answers that were read along and not yet given: one for each stream, mostly. */
const MAX_TEXTS = 64;

/**
 * Reads along with the SDK's transport, which gives messages as values: an answer with a number
 * that a value can not hold is passed on as the remote server wrote it.
 */
export class ExactAnswers {
  /** Read a moment before the transport gives the same answer. */
  readonly #texts = new BoundedMap<RequestId, string>(MAX_TEXTS, () => {});

  /** Hands a body on as it is, with an eye on it. */
  watch(body: ReadableStream<Uint8Array>, headers: Headers): ReadableStream<Uint8Array> {
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    const decoder = new TextDecoder();
    let text = '';
    const read = (more: string): void => {
      text += more;
      // An event is mostly one long line: looked at when it is over.
      if (!isStream || !more.includes('\n')) return;
      const events = text.split(/\r?\n\r?\n/);
      text = events.pop()!;
      for (const event of events) this.#note(dataOf(event));
    };
    return body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          read(decoder.decode(chunk, { stream: true }));
          controller.enqueue(chunk);
        },
        flush: () => {
          read(decoder.decode());
          if (!isStream) this.#note(text);
        },
      }),
    );
  }

  /** Gives an answer its text back, where that was kept. */
  restore(message: Message): void {
    if (!isResponse(message)) return;
    const text = this.#texts.get(message.id);
    if (text === undefined) return;
    this.#texts.delete(message.id);
    keepText(message, text);
  }

  #note(json: string): void {
    if (!isInexact(json)) return;
    let message: Message | undefined;
    try {
      message = readMessage(JSON.parse(json));
    } catch {
      return;
    }
    if (message === undefined || !isResponse(message)) return;
    keepText(message, json);
    const text = keptText(message);
    if (text === undefined) this.#texts.delete(message.id);
    else this.#texts.set(message.id, text);
  }
}

/** The data of one event of a stream. */
function dataOf(event: string): string {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return lines.map((line) => line.slice(5)).join('\n');
}
