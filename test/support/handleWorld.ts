import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, defineHandle, type Runtime, type RuntimeOptions } from 'mcp-actors';
import type { Handle, HandleOptions } from 'mcp-actors/handles';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { RuntimeEventName } from '../../src/events/events.ts';
import type { RuntimeEvents } from '../../src/index.ts';
import { turn } from './eventually.ts';
import { type ModernAsk, ModernClient, textOf } from './modernClient.ts';
import type { Rpc } from './reply.ts';
import { VirtualClock } from './virtualClock.ts';
import { WireClient } from './wireClient.ts';

/** What a test's handles have open. */
export interface Page {
  url: string;
}

interface Visits {
  count: number;
}

type Options = Partial<HandleOptions<Page, Visits>>;

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** A tool call by whichever client: the text of its result. */
export type Call = (name: string, args?: Readonly<Record<string, unknown>>) => Promise<string>;

/** A runtime whose tools open pages, for clients of both eras, on a virtual clock. */
export class HandleWorld {
  readonly clock: VirtualClock;
  readonly runtime: Runtime;
  readonly pages: Handle<Page, Visits>;
  /** Each page that was opened, and how often each was released. */
  readonly opened: { readonly page: Page; released: number }[] = [];
  /** Lets each `hold` end. */
  readonly held: (() => void)[] = [];

  constructor(options: Options = {}, runtime: Partial<RuntimeOptions> = {}, now?: number) {
    this.clock = new VirtualClock(now);
    this.pages = defineHandle<Page, Visits>({
      name: 'page',
      open: (_input, handle) => {
        const entry = { page: { url: 'about:blank' }, released: 0 };
        this.opened.push(entry);
        handle.own(() => void entry.released++, { keepsAwake: options.onSleep === undefined });
        return entry.page;
      },
      ...options,
    });
    this.runtime = createRuntime({
      clock: this.clock,
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      server: (session) => {
        const server = new McpServer({ name: 'pages', version: '1' }, session.serverOptions);
        this.#register(server);
        return server;
      },
      report: false,
      ...runtime,
    });
    onTestFinished(async () => {
      for (const release of this.held) release();
      const closed = this.runtime.close();
      await this.settle(20_000);
      await closed;
    });
  }

  /** Calls of a client of the stateless revision. */
  async modern(user?: string): Promise<Call> {
    const client = await ModernClient.in(this.runtime, user);
    return async (name, args = {}) => said(await client.call(name, args, {}, headed(args)));
  }

  /** Calls in a session. */
  async legacy(user?: string): Promise<Call> {
    const headers = user === undefined ? {} : { headers: { 'x-user': user } };
    const client = await WireClient.open(this.runtime, headers);
    return async (name, args = {}) =>
      said(await client.call('tools/call', { name, arguments: args }));
  }

  record<N extends RuntimeEventName>(name: N): RuntimeEvents[N][] {
    const events: RuntimeEvents[N][] = [];
    this.runtime.on(name, (event) => events.push(event));
    return events;
  }

  async settle(ms = 0): Promise<void> {
    for (let i = 0; i < 12; i++) await turn();
    await this.clock.elapse(ms);
    for (let i = 0; i < 12; i++) await turn();
  }

  #register(server: McpServer): void {
    const { pages } = this;
    pages.register(server, z);
    const page = pages.argument(z);
    server.registerTool('visit', { inputSchema: { page, url: z.string() } }, (args, { signal }) =>
      pages.use(
        args.page,
        async (live, handle) => {
          await handle.update((state) => void (state !== undefined && state.count++));
          live.url = args.url;
          return text(`at ${live.url}`);
        },
        { signal },
      ),
    );
    server.registerTool('where', { inputSchema: { page } }, (args) =>
      pages.use(args.page, (live, { state }) => text(`${live.url} ${state?.count ?? '-'}`)),
    );
    server.registerTool('hold', { inputSchema: { page } }, (args, { signal }) =>
      pages.use(
        args.page,
        async () => {
          await new Promise<void>((resolve) => this.held.push(resolve));
          return text('held');
        },
        { signal },
      ),
    );
    server.registerTool('late', { inputSchema: { page } }, (args) =>
      pages.use(args.page, () => text('late'), { signal: AbortSignal.abort(new Error('late')) }),
    );
    server.registerTool('break', { inputSchema: { page } }, (args) =>
      pages.use(args.page, () => {
        throw new Error('broken');
      }),
    );
  }
}

/** A client of the stateless revision says the id in a header as well. */
export function headed({ page }: Readonly<Record<string, unknown>>): ModernAsk {
  if (typeof page !== 'string') return {};
  return { headers: { 'mcp-param-page': `=?base64?${btoa(page)}?=` } };
}

/** Tool errors begin with an exclamation mark. */
function said(rpc: Rpc): string {
  const prefix = rpc.result?.['isError'] === true ? '! ' : '';
  return `${prefix}${textOf(rpc) ?? JSON.stringify(rpc.error)}`;
}
