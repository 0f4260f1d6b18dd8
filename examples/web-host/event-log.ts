/** Everything an event stream has said. */
export class EventLog {
  text = '';
  /** The stream has ended. */
  readonly ended: Promise<void>;
  #isOver = false;

  constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.#read(body);
  }

  /** Waits until it has told of so many events of a kind. @returns the data of the last of them */
  async until(kind: string, count = 1): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.text.split(`event: ${kind}\ndata: `).slice(1);
      const [line = ''] = found[count - 1]?.split('\n\n') ?? [];
      if (line !== '') return (JSON.parse(line) as { data: Record<string, unknown> }).data;
      if (this.#isOver) throw new Error(`the stream ended: ${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of body) this.text += decoder.decode(chunk, { stream: true });
    this.#isOver = true;
  }
}
