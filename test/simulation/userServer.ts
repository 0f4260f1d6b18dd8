import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListRootsResultSchema,
  type ServerNotification,
  SetLevelRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session, SessionServer } from 'mcp-actors';
import type { Life } from './life.ts';
import { payloadText } from './payload.ts';
import type { UserCode } from './userCode.ts';
import { UserError } from './userError.ts';

export interface Basket {
  readonly tokens: readonly number[];
}

/** A request that waits for its history to have it answered. */
export interface Gate {
  readonly nonce: number;
  open(): void;
}

type Extra = Parameters<Parameters<Server['setRequestHandler']>[1]>[1];

/** The process that a server runs in. */
export interface UserHost {
  readonly user: UserCode;
  /** A request has reached a handler. */
  served(server: UserServer, nonce: number): void;
}

/** What one incarnation of a session is served with: the real server of the SDK, with odd tools. */
export class UserServer {
  readonly server: Server;
  readonly life: Life;
  readonly epoch: number;
  readonly gates: Gate[] = [];
  closes = 0;
  readonly #process: UserHost;
  readonly #session: Session<Basket>;

  constructor(process: UserHost, session: Session<Basket>, life: Life) {
    this.#process = process;
    this.#session = session;
    this.life = life;
    this.epoch = session.wakeCount + 1;
    const capabilities = { tools: {}, logging: {} };
    this.server = new Server(
      { name: 'simulated', version: '1' },
      { capabilities, ...session.serverOptions },
    );
    this.server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
      const { nonce, size = 0, count = 0 } = (params.arguments ?? {}) as Record<string, number>;
      process.served(this, nonce!);
      return this.#serve(params.name, nonce!, size, count, extra);
    });
    this.server.setRequestHandler(SetLevelRequestSchema, async () => ({}));
  }

  /** As the runtime uses it, in whatever manner. */
  get handle(): SessionServer {
    const { server } = this;
    const { user } = this.#process;
    return {
      connect: async (transport) => {
        await user.later('connect');
        await server.connect(transport);
      },
      close: async () => {
        this.closes++;
        this.life.released.add(this.epoch);
        await user.later('close');
        await server.close();
      },
    };
  }

  /** Says a word of no request. */
  say(nonce: number, size = 0): void {
    const data = this.#text(nonce, undefined) + 'x'.repeat(size);
    // A server that is closed refuses.
    this.server.sendLoggingMessage({ level: 'info', data }).catch(() => {});
  }

  /** Asks its client, and gives up in its time. */
  ask(nonce: number): void {
    this.#ask(nonce, this.server.request.bind(this.server)).catch(() => {});
  }

  async #serve(
    kind: string,
    nonce: number,
    size: number,
    count: number,
    extra: Extra,
  ): Promise<CallToolResult> {
    const session = this.#session;
    const { user } = this.#process;
    switch (kind) {
      case 'add':
      case 'add slowly':
        await session.update(async ({ tokens }) => {
          if (kind === 'add slowly') await user.nap(400);
          return { tokens: [...tokens, nonce] };
        });
        break;
      case 'hold':
        await this.#gate(nonce, extra);
        break;
      case 'talk':
        await extra.sendNotification(this.#notification(nonce, size));
        await this.#gate(nonce, extra);
        break;
      case 'flood':
        for (let i = 0; i < count; i++) {
          extra.sendNotification(this.#notification(nonce, size)).catch(() => {});
        }
        break;
      case 'flood and wait':
        for (let i = 0; i < count; i++) {
          await extra.sendNotification(this.#notification(nonce, size));
        }
        break;
      case 'ask':
        await this.#ask(nonce, extra.sendRequest).catch(() => {});
        break;
      case 'boom':
        throw new UserError('boom');
      case 'stray':
        void Promise.reject(new UserError('stray'));
        break;
      case 'stray later':
        setTimeout(() => {
          throw new UserError('stray later');
        }, 50);
        break;
      case 'own':
        session.own({ close: () => user.later('dispose') });
        break;
      case 'twice':
        void this.server.transport?.send({
          jsonrpc: '2.0',
          id: extra.requestId,
          result: this.#result(nonce, 0),
        });
        break;
      case 'close itself':
        session.close();
        break;
    }
    return this.#result(nonce, size);
  }

  #gate(nonce: number, extra: Extra): Promise<void> {
    // Nobody is left to open it.
    if (this.#process.user.isQuick) return Promise.resolve();
    return new Promise((resolve) => {
      const gate = {
        nonce,
        open: (): void => {
          const at = this.gates.indexOf(gate);
          if (at >= 0) this.gates.splice(at, 1);
          resolve();
        },
      };
      this.gates.push(gate);
      extra.signal.addEventListener('abort', gate.open, { once: true });
    });
  }

  #ask(nonce: number, request: Server['request'] | Extra['sendRequest']): Promise<unknown> {
    const params = { _meta: { payload: this.#text(nonce, undefined) } };
    return request({ method: 'roots/list', params }, ListRootsResultSchema, { timeout: 4000 });
  }

  #notification(nonce: number, size: number): ServerNotification {
    const data = this.#text(nonce, undefined) + 'x'.repeat(size);
    return { method: 'notifications/message', params: { level: 'info', data } };
  }

  #result(nonce: number, size: number): CallToolResult {
    const text = this.#text(nonce, this.#session.state.tokens) + 'x'.repeat(size);
    return { content: [{ type: 'text', text }] };
  }

  #text(nonce: number, tokens: readonly number[] | undefined): string {
    const { id: sid, principal: who = 'nobody' } = this.#session;
    return payloadText({ sid, who, nonce, epoch: this.epoch, tokens });
  }
}
