import { defineHandle, principalLocal } from 'mcp-actors';
import { z } from 'zod';
import type { AddTool, ToolWorld } from './toolWorld.ts';

/** What became of what is live, by the book's id: it is opened and closed by turns. */
export const books = new Map<string, string[]>();

/** What ends the resource that keeps a book awake. */
const pins = new Map<string, () => void>();

function note(id: string, what: string): void {
  books.set(id, [...(books.get(id) ?? []), what]);
}

const book = defineHandle<undefined, { lines: string[] }>({
  name: 'book',
  state: () => ({ lines: [] }),
  open(_, handle) {
    note(handle.id, 'opened');
    handle.own(() => note(handle.id, 'closed'), { keepsAwake: false });
    return undefined;
  },
});

/** How long the others are kept: a test can wait for their end. */
const SHORT = { idleTimeoutMs: 10_000, evictAfterMs: 20_000 };

/** Lives in its process, and nowhere else. */
const shell = defineHandle<string>({ name: 'shell', open: (by) => String(by), ...SHORT });
const mine = defineHandle<string>({
  name: 'note',
  bind: 'session',
  ...SHORT,
  state: () => ({}) as never,
  open: () => '',
});
const cart = principalLocal<string[]>(() => [], { name: 'cart' });

/** Tools that use handles, and say in which process. */
export function handleTools(tool: AddTool, { gates, name }: ToolWorld): void {
  const id = { id: z.string() };
  const words = { id: z.string(), text: z.string() };

  tool('openBook', {}, () => book.create());
  tool('write', words, (args, { signal }) =>
    book.use(
      args['id']!,
      async (_, handle) => {
        const line = args['text']!;
        const { lines } = await handle.update((state) => ({ lines: [...state.lines, line] }));
        return JSON.stringify({ by: name, lines });
      },
      { signal },
    ),
  );
  /** Waits at a gate with the book in hand. */
  tool('read', words, (args, { signal }) =>
    book.use(args['id']!, async (_, handle) => {
      await gates.pass(args['text']!, signal);
      return handle.state.lines.join();
    }),
  );
  tool('pin', id, (args) =>
    book.use(args['id']!, (_, handle) => {
      const pin = new Promise<void>((resolve) => pins.set(args['id']!, resolve));
      handle.own({ close: () => {} }, { ended: pin, mayEnd: true });
      return 'pinned';
    }),
  );
  tool('unpin', id, async (args) => {
    pins.get(args['id']!)?.();
    return 'unpinned';
  });
  tool('closeBook', id, async (args) => {
    await book.destroy(args['id']!);
    return 'closed';
  });
  tool('books', {}, async () => JSON.stringify(await book.list()));
  tool('openShell', {}, () => shell.create(name));
  tool('shell', id, (args) => shell.use(args['id']!, (by) => `${by} at ${name}`));
  tool('closeShell', id, async (args) => {
    await shell.destroy(args['id']!);
    return 'closed';
  });
  tool('shells', {}, async () => JSON.stringify(await shell.list()));
  tool('openNote', {}, () => mine.create());
  tool('notes', {}, async () => JSON.stringify(await mine.list()));
  tool('note', id, (args) => mine.use(args['id']!, () => 'noted'));
  tool('buy', { text: z.string() }, async (args) => {
    const items = await cart.update((all) => [...all, args['text']!]);
    return JSON.stringify(items);
  });
  tool('cart', {}, async () => JSON.stringify(await cart.get()));
}
