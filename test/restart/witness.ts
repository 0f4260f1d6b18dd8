interface Said {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly data?: string };
}

/** Reads along on every event stream that one client opens. */
export class Witness {
  readonly name: string;
  /** What each event id was seen to name. */
  readonly names = new Map<string, string>();
  /** Ids that were seen to name two events. */
  readonly twice: string[] = [];
  /** Words of the GET stream, and of the streams of calls. */
  readonly onGet: string[] = [];
  readonly onCalls: string[] = [];
  /** Ids of the requests that were answered on a stream. */
  readonly answered: (string | number)[] = [];
  /** Tools of which a call became a stream. */
  readonly streamed = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  /** What it has heard. */
  report(): string {
    const { name, onGet, onCalls } = this;
    const streams = [...this.streamed].join();
    return `${name} heard ${onGet.length} words on GET, the last "${onGet.at(-1)}", and ${onCalls.length} on its call; streams of ${streams}`;
  }

  /** What the client fetches with. */
  readonly fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    const type = response.headers.get('content-type') ?? '';
    if (response.body === null || !type.startsWith('text/event-stream')) return response;
    const tool = typeof init?.body === 'string' && /"name":"([\w-]+)"/.exec(init.body)?.[1];
    if (tool) this.streamed.add(tool);
    const { status, statusText, headers } = response;
    const [theirs, ours] = response.body.tee();
    // The stream breaks with its server, for the client as well.
    this.#read(ours).catch(() => {});
    return new Response(theirs, { status, statusText, headers });
  };

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) this.#take(frame);
    }
  }

  #take(frame: string): void {
    const id = /^id: (.+)$/m.exec(frame)?.[1];
    const data = /^data: (.+)$/m.exec(frame)?.[1];
    if (id === undefined || data === undefined) return;
    const known = this.names.get(id);
    if (known !== undefined && known !== data) this.twice.push(`${id}: ${known} and ${data}`);
    this.names.set(id, data);
    const said = JSON.parse(data) as Said;
    if (said.method === undefined && said.id !== undefined) this.answered.push(said.id);
    const word = said.params?.data;
    // Stream 0 is the GET stream.
    if (word !== undefined) (/_0_\d+$/.test(id) ? this.onGet : this.onCalls).push(word);
  }
}
