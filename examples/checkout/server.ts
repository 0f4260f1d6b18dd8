import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type RuntimeOptions } from 'mcp-actors';
import { offer, type OfferedTools } from 'mcp-actors/machine';
import * as z from 'zod';
import { checkout } from './machine.ts';

type Options = Pick<RuntimeOptions, 'clock' | 'cluster' | 'evictAfterMs' | 'store'>;

/** Sessions that each have a checkout, with tools that follow its state. */
export const start = (options: Options) =>
  createRuntime({
    ...options,
    machine: checkout,
    server({ actor, serverOptions }) {
      const server = new McpServer({ name: 'checkout', version: '1.0.0' }, serverOptions);
      const tools: OfferedTools<typeof checkout> = {
        add_item: {
          event: 'item.added',
          description: 'Puts an item into the cart.',
          input: z.object({ item: z.string() }),
        },
        give_address: {
          event: 'address.given',
          description: 'Says where the order goes.',
          input: z.object({ address: z.string() }),
          listed: ({ context }) => context.items.length > 0,
        },
        place_order: {
          event: 'order.placed',
          description: 'Places the order, once the user has approved.',
          until: (snapshot) => !snapshot.matches('approving'),
        },
      };
      offer(server, actor, tools, { resource: true });
      return server;
    },
  });
