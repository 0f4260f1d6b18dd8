import { parts } from './parts.ts';

/** A cart that is filled, addressed, approved by its user and paid; or that expires. */
export const checkout = parts.createMachine({
  id: 'checkout',
  context: { items: [], address: '' },
  initial: 'cart',
  states: {
    cart: {
      description: 'The cart has no address yet.',
      after: { patience: 'expired' },
      on: {
        'item.added': { actions: { type: 'add', params: ({ event }) => event.item } },
        'address.given': {
          guard: 'hasItems',
          target: 'addressed',
          actions: { type: 'address', params: ({ event }) => event.address },
        },
      },
    },
    addressed: {
      description: 'The order can be placed.',
      after: { patience: 'expired' },
      on: { 'order.placed': 'approving' },
    },
    approving: {
      description: 'The user is asked.',
      invoke: {
        src: 'approve',
        input: ({ context }) => context.items,
        onDone: 'paid',
        onError: 'addressed',
      },
    },
    paid: { description: 'The order is paid.', type: 'final' },
    expired: { description: 'The cart has expired.', type: 'final' },
  },
});
