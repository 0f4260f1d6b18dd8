import http from 'node:http';

export interface Visit {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Asks for a path of a server, with any method and any headers; reads the whole answer. */
export async function visit(
  url: string,
  path = '',
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Visit> {
  const response = await open(url, path, method, headers);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function open(
  url: string,
  path: string,
  method: string,
  headers: Record<string, string>,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    // A path beginning with a slash is one of the server, any other one below the token.
    const full = path.startsWith('/') ? path : `${pathname}${path}`;
    const request = http.request(
      { hostname, port, path: full, method, headers, agent: false },
      resolve,
    );
    request.on('error', reject).end();
  });
}

/** Lines of a feed, as they come. */
export class FeedReader {
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<void>;
  readonly #response: http.IncomingMessage;
  #waiting: (() => void)[] = [];

  private constructor(response: http.IncomingMessage) {
    this.#response = response;
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.lines.push(JSON.parse(part) as Record<string, unknown>);
      for (const go of this.#waiting.splice(0)) go();
    });
    this.ended = new Promise((resolve) => {
      response.on('close', resolve).on('error', () => {});
    });
  }

  static async open(url: string): Promise<FeedReader> {
    return new FeedReader(await open(url, 'feed', 'GET', {}));
  }

  get status(): number | undefined {
    return this.#response.statusCode;
  }

  /** Rows as they stand after all lines. */
  get rows(): Map<string, Record<string, unknown>> {
    const rows = new Map<string, Record<string, unknown>>();
    for (const { rows: changed = [], gone = [] } of this.lines) {
      for (const row of changed as { key: string }[]) rows.set(row.key, row);
      for (const key of gone as string[]) rows.delete(key);
    }
    return rows;
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#response.destroy();
  }

  stall(): void {
    this.#response.pause();
  }
}
