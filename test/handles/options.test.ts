import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { defineHandle } from 'mcp-actors';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { HandleWorld } from '../support/handleWorld.ts';

const open = (): object => ({});

describe('defineHandle', () => {
  it.each([
    ['name', { name: 'Browser', open }],
    ['name', { name: '', open }],
    ['plural', { name: 'box', plural: 'more boxes', open }],
    ['open', { name: 'box' }],
    ['state', { name: 'box', open, state: {} }],
    ['onSleep', { name: 'box', open, onSleep: true }],
    ['bind', { name: 'box', open, bind: 'user' }],
    ['list', { name: 'box', open, list: 'yes' }],
    ['max', { name: 'box', open, max: 0 }],
    ['maxPerPrincipal', { name: 'box', open, maxPerPrincipal: 1.5 }],
    ['evictAfterMs', { name: 'box', open, evictAfterMs: Infinity }],
    ['did you mean maxQueue', { name: 'box', open, maxQeue: 3 }],
  ])('refuses a wrong %s', (named, options) => {
    // What the types forbid is what is tested.
    expect(() => defineHandle(options as unknown as Parameters<typeof defineHandle>[0])).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: expect.stringContaining(named) as string,
      }),
    );
  });

  it('knows by its options what is live, what is kept, and what opens it', () => {
    const boxes = defineHandle({
      name: 'box',
      open: ({ size }: { size: number }, handle) => {
        expectTypeOf(handle.state).toEqualTypeOf<{ full: boolean }>();
        return Array.from({ length: size }, () => '');
      },
      state: () => ({ full: false }),
    });
    type Input = Parameters<typeof boxes.create>[0];
    expectTypeOf<Input>().toEqualTypeOf<{ size: number } | undefined>();
    const shape = z.object({ box: boxes.argument(z) });
    expectTypeOf<z.infer<typeof shape>>().toEqualTypeOf<{ box: string }>();
    const use = () => boxes.use('', (live, { state }) => [live, state] as const);
    expectTypeOf(use).returns.resolves.toEqualTypeOf<readonly [string[], { full: boolean }]>();
  });

  it('outside any session there is nobody whose handle it would be', async () => {
    const boxes = defineHandle({ name: 'box', open });
    await expect(boxes.create()).rejects.toMatchObject({ code: 'no-session' });
  });

  it('two kinds of one name in a runtime are told apart by an error', async () => {
    const world = new HandleWorld({}, { server: serveTwins });
    expect(await (await world.modern('ann'))('both')).toBe('! two kinds of handles are named page');
  });
});

/** A server whose tool uses two kinds of handles that have one name. */
function serveTwins(): McpServer {
  const server = new McpServer({ name: 'twins', version: '1' });
  server.registerTool('both', { inputSchema: {} }, async () => {
    await defineHandle({ name: 'page', open }).create();
    const id = await defineHandle({ name: 'page', open }).create();
    return { content: [{ type: 'text' as const, text: id }] };
  });
  return server;
}
