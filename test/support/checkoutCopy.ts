import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { offer, type OfferedTools } from 'mcp-actors/machine';
import type { MachineDriverOptions } from 'mcp-actors/testing';
import * as z from 'zod';
import { checkout } from '../../examples/checkout/machine.ts';
import { parts } from '../../examples/checkout/parts.ts';

/** What a copy of the checkout does wrong. */
export type Fault =
  /** An address can be given before there is an item. */
  | 'guard forgotten'
  /** The tool for the address is always listed. */
  | 'listed too early'
  /** An order that was declined is a cart without an address. */
  | 'wrong target'
  /** A cart with an address does not expire. */
  | 'no delay'
  /** Each server makes the actor anew. */
  | 'not kept'
  /** The tool answers before the order is decided. */
  | 'answers early';

const chart = (fault: Fault | undefined) =>
  parts.createMachine({
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
            guard: fault === 'guard forgotten' ? () => true : 'hasItems',
            target: 'addressed',
            actions: { type: 'address', params: ({ event }) => event.address },
          },
        },
      },
      addressed: {
        description: 'The order can be placed.',
        after: fault === 'no delay' ? {} : { patience: 'expired' },
        on: { 'order.placed': 'approving' },
      },
      approving: {
        description: 'The user is asked.',
        invoke: {
          src: 'approve',
          input: ({ context }) => context.items,
          onDone: 'paid',
          onError: fault === 'wrong target' ? 'cart' : 'addressed',
        },
      },
      paid: { description: 'The order is paid.', type: 'final' },
      expired: { description: 'The cart has expired.', type: 'final' },
    },
  });

/** A runtime of the checkout that does one thing wrong, or nothing. */
export function startCopy(
  fault: Fault | undefined,
  options: Pick<RuntimeOptions, 'clock' | 'store'>,
): Runtime {
  const machine = chart(fault);
  let made = 0;
  return createRuntime({
    ...options,
    report: false,
    machine,
    server(session: Session<undefined, typeof machine>) {
      const server = new McpServer({ name: 'checkout', version: '1' }, session.serverOptions);
      const tools: OfferedTools<typeof machine> = {
        add_item: { event: 'item.added', input: z.object({ item: z.string() }) },
        give_address: {
          event: 'address.given',
          input: z.object({ address: z.string() }),
          ...(fault !== 'listed too early' && {
            listed: ({ context }) => context.items.length > 0,
          }),
        },
        place_order: {
          event: 'order.placed',
          ...(fault !== 'answers early' && {
            until: (snapshot) => !snapshot.matches('approving'),
          }),
        },
      };
      const isNew = fault === 'not kept';
      const actor = isNew ? session.spawn(machine, { id: `cart ${++made}` }) : session.actor;
      offer(server, actor, tools, { resource: true });
      return server;
    },
  }) as Runtime;
}

/** How the checkout is walked, wherever it runs. */
export const CHECKOUT = {
  machine: checkout,
  tools: {
    add_item: { event: 'item.added', arguments: { item: 'apples' } },
    give_address: { event: 'address.given', arguments: { address: 'Main Street 1' } },
    place_order: {
      event: 'order.placed',
      cases: {
        approved: { answer: { action: 'accept' }, invoked: { approve: { output: undefined } } },
        declined: { answer: { action: 'decline' }, invoked: { approve: { error: 'declined' } } },
      },
    },
  },
} satisfies MachineDriverOptions<typeof checkout>;
