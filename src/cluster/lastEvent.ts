/** Longest beginning of an event in which its id is looked for, in characters. */
const MAX_BEGINNING = 1024;
const ID = /^id: ?(.*)$/gm;

/** How far a client has come with an event stream: where it can go on from. */
export class LastEvent {
  #id: string | undefined;
  /** The event that is not whole yet: its beginning, and its last character. */
  #part = '';

  /** @param id of the event that a client named when it came for the rest */
  constructor(id: string | undefined) {
    this.#id = id;
  }

  /** Of the last whole event with an id; `undefined`: no event has had one. */
  get id(): string | undefined {
    return this.#id;
  }

  /** The client has a part of an event, and waits for the rest. */
  get isWithin(): boolean {
    return this.#part !== '';
  }

  /** The client is given more of the stream. */
  saw(text: string): void {
    const all = this.#part + text;
    const end = all.lastIndexOf('\n\n');
    const whole = all.slice(0, Math.max(end, 0));
    for (const [, id] of whole.matchAll(ID)) this.#id = id;
    this.#part = cutOff(end < 0 ? all : all.slice(end + 2));
  }
}

function cutOff(part: string): string {
  if (part.length <= MAX_BEGINNING) return part;
  return part.slice(0, MAX_BEGINNING).trimEnd() + part.slice(-1);
}
