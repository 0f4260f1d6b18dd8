import { elicit, requestInput } from 'mcp-actors/modern';
import { assign, fromPromise, setup } from 'xstate';

/** What the chart of a checkout is made of. */
export const parts = setup({
  types: {
    context: {} as { items: string[]; address: string },
    events: {} as
      | { type: 'item.added'; item: string }
      | { type: 'address.given'; address: string }
      | { type: 'order.placed' },
  },
  actors: {
    // The client of the call that placed the order is asked.
    approve: fromPromise(async ({ input }: { input: string[] }) => {
      const { order } = await requestInput({ order: elicit(`Order ${input.join(', ')}?`) });
      if (order['action'] !== 'accept') throw new Error('not approved');
    }),
  },
  guards: { hasItems: ({ context }) => context.items.length > 0 },
  actions: {
    add: assign({ items: ({ context }, item: string) => [...context.items, item] }),
    address: assign({ address: (_, address: string) => address }),
  },
  delays: { patience: 24 * 60 * 60_000 },
});
