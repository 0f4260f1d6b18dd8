import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRuntime, defineHandle, sessionLocal } from 'mcp-actors';
import type { ModernOptions } from 'mcp-actors/modern';
import { z } from 'zod';
import { turn } from '../support/eventually.ts';
import { ModernClient, textOf } from '../support/modernClient.ts';
import { seeded } from '../support/seeded.ts';

const SCOPES: Readonly<Record<string, ModernOptions['scope']>> = {
  auto: 'auto',
  argument: 'argument',
  request: 'request',
  principal: 'principal',
  function: ({ meta }) => meta['who'] as string | undefined,
};
const CLIENTS = ['one', 'two', 'three'] as const;

const boxes = defineHandle({ name: 'box', open: () => ({ words: [] as string[] }) });
const local = sessionLocal<string[]>(() => []);
const said = (words: readonly string[]) => ({
  content: [{ type: 'text' as const, text: words.join(' ') }],
});

/** A server that keeps words in each of the ways there are. */
function serve(session: {
  update(change: (state: string[]) => void): Promise<string[]>;
}): McpServer {
  const server = new McpServer({ name: 'words', version: '1' });
  const word = z.string();
  server.registerTool('state', { inputSchema: { word } }, async (args) =>
    said(await session.update((words) => void words.push(args.word))),
  );
  server.registerTool('local', { inputSchema: { word } }, async (args) => {
    await turn();
    local.get().push(args.word);
    return said(local.get());
  });
  boxes.register(server, z);
  const box = boxes.argument(z);
  server.registerTool('put', { inputSchema: { box, word } }, (args) =>
    boxes.use(args.box, async ({ words }) => {
      words.push(args.word);
      await turn();
      return said(words);
    }),
  );
  return server;
}

interface Deed {
  readonly who: (typeof CLIENTS)[number];
  readonly what: 'state' | 'local' | 'put';
  /** Begins anew, as a client that has lost what it knew. */
  readonly anew: boolean;
}

const deed = fc.record<Deed>({
  who: fc.constantFrom(...CLIENTS),
  what: fc.constantFrom('state', 'local', 'put'),
  anew: fc.boolean(),
});

/** No client ever sees a word of another. */
const neverMeet = (scope: ModernOptions['scope']) =>
  fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
    await using runtime = createRuntime<string[]>({
      state: () => [],
      modern: { scope: scope! },
      server: serve,
      report: false,
    });
    const client = await ModernClient.in(runtime);
    const known = new Map<string, { session?: string | undefined; box?: string | undefined }>();
    const play = async ({ who, what, anew }: Deed, i: number): Promise<void> => {
      const mine = (!anew && known.get(who)) || {};
      known.set(who, mine);
      const how = { meta: { who } };
      if (what === 'put') {
        mine.box ??= textOf(await client.call('create_box', {}, {}, how));
      }
      const { box, session } = mine;
      const args = {
        word: `${who}-${i}`,
        ...(what === 'put' && { box }),
        ...(session !== undefined && { session }),
      };
      const headers = {
        ...(what === 'put' && { 'mcp-param-box': box }),
        ...(session !== undefined && { 'mcp-param-session': session }),
      };
      const rpc = await client.call(what, args, {}, { ...how, headers });
      const meta = rpc.result?.['_meta'] as Readonly<Record<string, string>> | undefined;
      mine.session ??= meta?.['mcp-actors/session'];
      const words = textOf(rpc)?.split(' ') ?? [];
      const foreign = words.find((each) => !each.startsWith(`${who}-`));
      if (foreign !== undefined) throw new Error(`${who} has seen ${words.join(' ')}`);
      if (words.at(-1) === undefined) throw new Error(JSON.stringify(rpc));
    };
    // Those of one client come one after the other, those of several at once.
    await Promise.all(
      CLIENTS.map(async (who) => {
        for (const [i, each] of deeds.entries()) if (each.who === who) await play(each, i);
      }),
    );
  });

describe('M-A5: anonymous clients, whatever they do at once', () => {
  it.each(Object.keys(SCOPES))('scope %s: never see a word of each other', async (name) => {
    await expect(seeded(neverMeet(SCOPES[name]), 25)).resolves.toBeUndefined();
  });

  it('scope shared: do, as its name says', async () => {
    await expect(seeded(neverMeet('shared'), 100)).rejects.toThrow('Property failed');
  });
});
