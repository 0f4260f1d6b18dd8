import { Agent, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { MEDIA } from '../../../support/rawClient.ts';

const TICK_MS = 25;
const AT_ONCE = 32;

/** Many clients of one server, as many calls a second as one wants. */
export class Load {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  readonly sessions: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #id = 1;
  /** Calls answered, and those that were not. */
  answered = 0;
  failed = 0;

  constructor(url: string) {
    this.#url = new URL(url);
    onTestFinished(() => this.stop());
  }

  async open(count: number): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const clientInfo = { name: `client-${left % 5}`, version: '1.0' };
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
        const { id } = await this.post({ method: 'initialize', params, id: 0 });
        if (id === undefined) throw new Error('no session');
        await this.post({ method: 'notifications/initialized' }, id);
        this.sessions.push(id);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Calls so often a second, the sessions in turn. */
  call(perSecond: number): void {
    let owed = 0;
    let turn = 0;
    this.#timer = setInterval(() => {
      owed += (perSecond * TICK_MS) / 1000;
      for (; owed >= 1; owed--) {
        const params = { name: 'echo', arguments: { message: 'hello' } };
        const id = this.sessions[turn++ % this.sessions.length];
        this.post({ method: 'tools/call', params, id: ++this.#id }, id).then(
          ({ status }) => (status === 200 ? this.answered++ : this.failed++),
          () => this.failed++,
        );
      }
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  post(message: object, session?: string): Promise<{ status: number; id: string | undefined }> {
    const named = session !== undefined && {
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        this.#url,
        { method: 'POST', agent: this.#agent, headers: { ...MEDIA, ...named } },
        (response) => {
          const id = response.headers['mcp-session-id'];
          response.resume().on('error', reject);
          response.on('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              id: typeof id === 'string' ? id : undefined,
            });
          });
        },
      );
      sent.on('error', reject).end(JSON.stringify({ jsonrpc: '2.0', ...message }));
    });
  }
}
