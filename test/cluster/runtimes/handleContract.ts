import { describe, expect, it } from 'vitest';
import type { WireClient } from '../../support/wireClient.ts';
import { books } from './handleTools.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, textIn } from './rig.ts';

/** A session of a user: it is at one process, and so are its calls. */
class Desk {
  readonly #rig: ClusterRig;
  readonly #client: WireClient;

  readonly #name: string;

  private constructor(rig: ClusterRig, client: WireClient, name: string) {
    this.#rig = rig;
    this.#client = client;
    this.#name = name;
  }

  static async at(rig: ClusterRig, name: string, user = 'ann'): Promise<Desk> {
    return new Desk(rig, await rig.open(name, user), name);
  }

  /** What a tool says. @param speed how much faster time passes meanwhile */
  async say(name: string, args: object = {}, speed = 1): Promise<string> {
    const answer = await this.#rig.over(this.begin(name, args), speed);
    return answer;
  }

  /** The same, for a test that does not wait. */
  async begin(name: string, args: object = {}): Promise<string> {
    this.#rig.turnTo(this.#name);
    return textIn(await this.#client.call('tools/call', { name, arguments: args }));
  }

  async write(id: string, text: string, speed?: number): Promise<{ by: string; lines: string[] }> {
    return JSON.parse(await this.say('write', { id, text }, speed)) as never;
  }
}

async function begun(make: MakeHome, options: object = {}) {
  const rig = await ClusterRig.start(make, options);
  const [a, b, c] = [await Desk.at(rig, 'a'), await Desk.at(rig, 'b'), await Desk.at(rig, 'c')];
  return { rig, a, b, c };
}

const GONE = /There is no such/;

/** What is live of a book is never there twice. */
function expectTurns(id: string): void {
  for (const [i, what] of (books.get(id) ?? []).entries()) {
    expect(what).toBe(i % 2 === 0 ? 'opened' : 'closed');
  }
}

/** What handles and values of principals are in a cluster, used by any of its processes. */
export function handleContract(make: MakeHome): void {
  describe('a handle of a cluster', () => {
    it('is used in any process, one after the other, and is open in one', async () => {
      const { a, b, c } = await begun(make);
      const id = await a.say('openBook');
      const lines: string[] = [];
      for (const [desk, by] of [
        [a, 'a'],
        [b, 'b'],
        [b, 'b'],
        [c, 'c'],
        [a, 'a'],
      ] as const) {
        lines.push(`line ${lines.length}`);
        expect(await desk.write(id, lines.at(-1)!)).toEqual({ by, lines });
      }
      expectTurns(id);
      expect(books.get(id)).toEqual([
        'opened',
        'closed',
        'opened',
        'closed',
        'opened',
        'closed',
        'opened',
      ]);
    });

    it('takes all that many processes write at once, one by one', async () => {
      const { rig, a, b, c } = await begun(make);
      const id = await a.say('openBook');
      const all = [a, b, c].flatMap((desk, i) =>
        [1, 2, 3].map((n) => desk.begin('write', { id, text: `${i}${n}` })),
      );
      const said = await rig.over(Promise.all(all));
      const { lines } = await a.write(id, 'last');
      const busy = said.filter((each) => each.includes('busy')).length;
      expect(new Set(lines).size).toBe(lines.length);
      expect(lines).toHaveLength(10 - busy);
      expect(busy).toBeLessThan(6);
      expectTurns(id);
    });

    it('is waited for while it is in use elsewhere', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      const read = a.begin('read', { id, text: 'gate' });
      await rig.over(rig.gates.reached('gate'));
      const written = b.begin('write', { id, text: 'two' });
      await rig.home.pass(300);
      rig.gates.open('gate');
      expect(await rig.over(read)).toBe('one');
      expect(JSON.parse(await rig.over(written))).toEqual({ by: 'b', lines: ['one', 'two'] });
      expectTurns(id);
    });

    it('is its principal’s alone, and ends by any process', async () => {
      const { rig, a, b, c } = await begun(make);
      const bob = await Desk.at(rig, 'b', 'bob');
      const id = await a.say('openBook');
      expect(await bob.say('write', { id, text: 'x' })).toMatch(GONE);
      expect(await bob.say('closeBook', { id })).toMatch(GONE);
      expect(JSON.parse(await bob.say('books'))).toEqual([]);
      for (const desk of [a, b]) {
        expect(JSON.parse(await desk.say('books'))).toMatchObject([{ id, isAsleep: false }]);
      }
      expect(await c.say('closeBook', { id })).toBe('closed');
      for (const desk of [a, b, c]) {
        expect(await desk.say('write', { id, text: 'x' })).toMatch(GONE);
        expect(JSON.parse(await desk.say('books'))).toEqual([]);
      }
      expect(books.get(id)).toEqual(['opened', 'closed']);
      expect(await rig.home.stored('handles')).toBe(0);
    });

    it('of a session is no other session’s, also in another process', async () => {
      const { a, b } = await begun(make);
      const id = await a.say('openNote');
      expect(await b.say('note', { id })).toMatch(GONE);
      expect(await a.say('note', { id })).toBe('noted');
    });

    it('goes on in another process when its own was killed', async () => {
      const { rig, a, b, c } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      rig.process('a').kill();
      expect(await b.write(id, 'two', 10)).toEqual({ by: 'b', lines: ['one', 'two'] });
      expect(await c.write(id, 'three')).toEqual({ by: 'c', lines: ['one', 'two', 'three'] });
    });

    it('is not used any more in a process that was cut off, when another one has it', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      expect(await b.write(id, 'two', 10)).toEqual({ by: 'b', lines: ['one', 'two'] });
      joined.mend();
      await rig.until(() => runtime.isReady);
      expect(await a.write(id, 'three', 10)).toMatchObject({ lines: ['one', 'two', 'three'] });
    });

    it('has a use that ran in a process cut off end with an error, and its change refused', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      const read = a.begin('read', { id, text: 'gate' });
      await rig.over(rig.gates.reached('gate'));
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      expect(await b.write(id, 'two', 10)).toEqual({ by: 'b', lines: ['two'] });
      joined.mend();
      await rig.until(() => runtime.isReady);
      rig.gates.open('gate');
      expect(await rig.over(read, 10)).not.toBe('');
      expect(await b.write(id, 'three')).toEqual({ by: 'b', lines: ['two', 'three'] });
    });

    it('goes on elsewhere when its process leaves', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      await rig.over(rig.process('a').host.close({ deadlineMs: 500 }));
      rig.process('a').isAway = true;
      expect(await b.write(id, 'two')).toEqual({ by: 'b', lines: ['one', 'two'] });
      expectTurns(id);
    });

    it('that can not be kept is used in its own process alone, which the others name', async () => {
      const { rig, a, b, c } = await begun(make);
      const [id, other] = [await a.say('openShell'), await a.say('openShell')];
      expect(await a.say('shell', { id })).toBe('a at a');
      for (const desk of [b, c])
        expect(await desk.say('shell', { id })).toMatch(/another process .*\(a\)/);
      expect(JSON.parse(await b.say('shells'))).toHaveLength(2);
      const bob = await Desk.at(rig, 'b', 'bob');
      expect(await bob.say('shell', { id })).toMatch(GONE);
      expect(await b.say('closeShell', { id: other })).toBe('closed');
      expect(await a.say('shell', { id: other })).toMatch(GONE);
      expect(await a.say('shell', { id })).toBe('a at a');
      rig.process('a').kill();
      expect(await b.say('shell', { id }, 10)).toMatch(GONE);
      expect(JSON.parse(await b.say('shells'))).toEqual([]);
    });

    it('that owns what keeps it awake stays where it is, until it owns that no more', async () => {
      const { a, b } = await begun(make);
      const id = await a.say('openBook');
      await a.say('pin', { id });
      expect(await b.say('write', { id, text: 'one' })).toMatch(/another process .*\(a\)/);
      expect(await a.write(id, 'two')).toEqual({ by: 'a', lines: ['two'] });
      await a.say('unpin', { id });
      expect(await b.write(id, 'three')).toEqual({ by: 'b', lines: ['two', 'three'] });
      expectTurns(id);
    });

    it('is written again where the engine has forgotten everything', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      await rig.home.wipe();
      await rig.home.pass(rig.home.leaseMs * 2);
      expect(await b.write(id, 'two', 10)).toEqual({ by: 'b', lines: ['one', 'two'] });
    });
  });

  describe('a value of a principal in a cluster', () => {
    it('is the same in all processes, and changes one by one', async () => {
      const { rig, a, b, c } = await begun(make);
      const bob = await Desk.at(rig, 'b', 'bob');
      const texts = Array.from({ length: 9 }, (_, i) => `item ${i}`);
      const bought = texts.map((text, i) => [a, b, c][i % 3]!.begin('buy', { text }));
      const said = await rig.over(Promise.all(bought));
      const kept = said.flatMap((each, i) => (each.startsWith('[') ? texts[i]! : []));
      for (const desk of [a, b, c]) {
        expect((JSON.parse(await desk.say('cart')) as string[]).toSorted()).toEqual(kept);
      }
      expect(kept.length).toBeGreaterThan(3);
      expect(JSON.parse(await bob.say('cart'))).toEqual([]);
    });

    it('goes on when the process that had it was killed', async () => {
      const { rig, a, b, c } = await begun(make);
      expect(JSON.parse(await a.say('buy', { text: 'apples' }))).toEqual(['apples']);
      rig.process('a').kill();
      expect(JSON.parse(await b.say('buy', { text: 'pears' }, 10))).toEqual(['apples', 'pears']);
      expect(JSON.parse(await c.say('cart'))).toEqual(['apples', 'pears']);
    });
  });
}

/** What only a clock of the test's own can show. */
export function handleTimeContract(make: MakeHome): void {
  describe('a handle of a cluster, as time passes', () => {
    it('that is in use for long elsewhere is busy, and stays where it is', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      const read = a.begin('read', { id, text: 'gate' });
      await rig.over(rig.gates.reached('gate'));
      const written = b.begin('write', { id, text: 'one' });
      await rig.home.pass(10_500);
      expect(await rig.over(written)).toMatch(/busy/);
      rig.gates.open('gate');
      expect(await rig.over(read)).toBe('');
      expect(await a.write(id, 'two')).toEqual({ by: 'a', lines: ['two'] });
      expect(await b.write(id, 'three')).toEqual({ by: 'b', lines: ['two', 'three'] });
      expectTurns(id);
    });

    it('has no use begin in a process that has lost its lease: another may have it', async () => {
      const { rig, a, b } = await begun(make);
      const id = await a.say('openBook');
      const read = a.begin('read', { id, text: 'gate' });
      await rig.over(rig.gates.reached('gate'));
      const waiting = a.begin('write', { id, text: 'late' });
      await rig.home.pass(100);
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      rig.gates.open('gate');
      expect(await b.write(id, 'one', 10)).toEqual({ by: 'b', lines: ['one'] });
      joined.mend();
      await rig.until(() => runtime.isReady);
      expect(await rig.over(waiting, 10)).toMatch(/another process/);
      await rig.over(read, 10);
      expect(await b.write(id, 'two')).toEqual({ by: 'b', lines: ['one', 'two'] });
    });

    it('ends when nobody has used it, whether or not its process lives', async () => {
      const { rig, a, b } = await begun(make);
      await a.say('openShell');
      // Of a kind that no tool of another process has asked for.
      await a.say('openNote');
      await b.say('openShell');
      expect(await rig.home.stored('handles')).toBe(3);
      rig.process('a').kill();
      await rig.home.pass(60_000);
      expect(await rig.home.stored('handles')).toBe(0);
    });

    it('has no change for which a record has no room', async () => {
      const { a, b } = await begun(make, { cluster: { maxRecordBytes: 20_000 } });
      const id = await a.say('openBook');
      await a.write(id, 'one');
      expect(await a.say('write', { id, text: 'x'.repeat(30_000) })).toMatch(/maxRecordBytes/);
      expect(await b.say('write', { id, text: 'two' })).toMatch(/busy/);
      expect(await b.say('closeBook', { id })).toBe('closed');
    });

    it('that sleeps is nobody’s, and is found by any process', async () => {
      const { rig, a, b, c } = await begun(make);
      const id = await a.say('openBook');
      await a.write(id, 'one');
      await rig.home.pass(6 * 60_000);
      await rig.until(() =>
        rig.living.every(({ runtime }) => runtime.handles('book').length === 0),
      );
      expect(JSON.parse(await c.say('books'))).toMatchObject([{ id, isAsleep: true }]);
      expect(await b.write(id, 'two')).toEqual({ by: 'b', lines: ['one', 'two'] });
      expectTurns(id);
    });
  });
}
