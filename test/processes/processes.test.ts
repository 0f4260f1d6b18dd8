import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { timed } from '../cluster/processes/rig.ts';
import { call, ProcessesOfTest, write } from './rig.ts';

let child: BundledChild;
beforeAll(async () => {
  child = await BundledChild.of(new URL('program.ts', import.meta.url));
});
afterAll(() => child.remove());

/** So long that no test waits for its end. */
const LEASE_MS = 20_000;
const PATIENCE_MS = 4000;

const start = (...args: readonly string[]) => ProcessesOfTest.start(child, ...args);

describe('runProcesses', () => {
  it('serves one set of sessions at one port by all processes', async () => {
    const all = await start('3');
    expect(new Set(all.told.map(({ url }) => url)).size).toBe(1);
    expect(new Set(all.told.map(({ index }) => index))).toEqual(new Set([1, 2, 3]));
    const owners = new Set<string>();
    // The system hands connections out as it likes: until each process has had one.
    while (owners.size < 3) {
      const clients = await Promise.all([all.open(), all.open(), all.open(), all.open()]);
      for (const client of clients) {
        // Each request by another connection, and so by any process.
        const written = [];
        for (const line of ['one', 'two', 'three']) written.push(await write(client, line));
        expect(new Set(written.map(({ by }) => by)).size).toBe(1);
        expect(written.at(-1)!.lines).toEqual(['one', 'two', 'three']);
        owners.add(written[0]!.by);
      }
    }
    expect(owners).toEqual(new Set(['p1', 'p2', 'p3']));
  });

  it('goes on with the sessions of a process that is killed, at once, and replaces the process', async () => {
    const all = await start('2', String(LEASE_MS));
    const client = await all.open();
    const { by } = await write(client, 'one');
    const { index, pid } = all.named(by);
    process.kill(pid, 'SIGKILL');
    await comesTrue(() => !runs(pid));
    const [next, ms] = await timed(write(client, 'two'));
    expect(next).toMatchObject({ lines: ['one', 'two'] });
    // Its lease would have lasted.
    expect(ms).toBeLessThan(PATIENCE_MS);
    await comesTrue(() => all.running.length === 2);
    expect(new Set(all.running.map((each) => each.index))).toEqual(new Set([1, 2]));
    expect(all.program.stderr).toContain(
      `Process ${index} (${pid}) ended with SIGKILL: another one begins now\n`,
    );
    expect((await write(client, 'three')).lines).toEqual(['one', 'two', 'three']);
  });

  it('replaces a process that its crash policy ends', async () => {
    const all = await start('2');
    const client = await all.open();
    const { by } = await write(client, 'one');
    const { pid } = all.named(by);
    await call(client, 'throw', '');
    await comesTrue(() => !runs(pid) && all.running.length === 2);
    expect(all.program.stderr).toContain(`(${pid}) ended with 1: another one begins now\n`);
    expect((await write(client, 'two')).lines).toEqual(['one', 'two']);
  });

  it('replaces all processes on SIGHUP, one after the other: sessions stay, and no call fails', async () => {
    const all = await start('2', String(LEASE_MS), '20000');
    const clients = await Promise.all(Array.from({ length: 6 }, () => all.open()));
    const before = all.told.map(({ pid }) => pid);
    all.program.process.kill('SIGHUP');
    await Promise.all(
      clients.map(async (client) => {
        let calls = 0;
        while (before.some(runs)) {
          await write(client, String(calls++));
          const { result } = await call(client, 'work', `${calls}`);
          expect(result).toMatchObject({ content: [{ text: `${calls}, done` }] });
        }
        const { lines } = await write(client, 'last');
        expect(lines).toEqual([...Array.from({ length: calls }, (_, n) => String(n)), 'last']);
      }),
    );
    expect(new Set(all.running.map(({ index }) => index))).toEqual(new Set([1, 2]));
    expect([all.told.length, all.program.stderr]).toEqual([4, '']);
  });

  it('has one process end on SIGTERM, with its calls, and replaces that one', async () => {
    const all = await start('2');
    const client = await all.open();
    const { by } = await write(client, 'one');
    const { pid } = all.named(by);
    const work = call(client, 'work', 'long');
    await write(client, 'two');
    process.kill(pid, 'SIGTERM');
    expect((await work).result).toMatchObject({ content: [{ text: 'long, done' }] });
    await comesTrue(() => !runs(pid) && all.running.length === 2);
    expect((await write(client, 'three')).lines).toEqual(['one', 'two', 'three']);
    expect(all.program.stderr).toBe('');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is in flight on %s, ends all, and dies of the signal',
    async (signal) => {
      const all = await start('2');
      const clients = await Promise.all([all.open(), all.open(), all.open()]);
      const work = clients.map((client) => call(client, 'work', 'long'));
      await Promise.all(clients.map((client) => write(client, 'one')));
      all.program.process.kill(signal);
      for (const answer of await Promise.all(work)) {
        expect(answer.result).toMatchObject({ content: [{ text: 'long, done' }] });
      }
      expect(await all.program.ended).toBe(signal);
      expect([all.running, all.program.stderr]).toEqual([[], '']);
    },
  );

  it('does not wait after a second signal, and leaves no process behind', async () => {
    const all = await start('2');
    const client = await all.open();
    void call(client, 'hold', 'x').catch(() => {});
    await all.program.says(/holds x/);
    all.program.process.kill('SIGTERM');
    // A second signal in the same moment is the first one, passed on: again, until it counts.
    const [, ms] = await timed(comesTrue(() => !all.program.process.kill('SIGTERM')));
    expect(await all.program.ended).toBe('SIGTERM');
    expect(ms).toBeLessThan(2900);
    await comesTrue(() => all.running.length === 0);
  });

  it('leaves no process behind where the first one is killed: they finish, and end', async () => {
    const all = await start('2');
    const clients = await Promise.all([all.open(), all.open()]);
    for (const client of clients) void call(client, 'hold', 'x').catch(() => {});
    await all.program.says(/holds x[^]*holds x/);
    all.program.process.kill('SIGKILL');
    expect(await comesTrue(() => all.running.length === 0, 20_000)).toBe(true);
  });

  it('rejects where the first process to serve does not, and starts no more', async () => {
    const program = child.start(['4', '5000', '3000', 'fails']);
    expect(await program.ended).toBe(1);
    expect(program.stderr.match(/Error: nothing to serve/g)).toHaveLength(1);
    expect(program.stderr).toContain('process-ended');
    expect(program.stderr).toContain('Process 1 ended with 1 before it served');
  });

  it('stays as it is where the next release does not come to serve, and ends when none does', async () => {
    const mark = join(mkdtempSync(join(tmpdir(), 'processes-')), 'broken');
    onTestFinished(() => rmSync(dirname(mark), { recursive: true }));
    const all = await start('2', '5000', '3000', mark);
    const client = await all.open();
    await write(client, 'one');
    await comesTrue(() => all.running.length === 2);
    writeFileSync(mark, '');
    all.program.process.kill('SIGHUP');
    await all.program.says(/Not reloaded: .*Process 1 ended with 1 before it served/);
    const { by, lines } = await write(client, 'two');
    expect([all.running.length, lines]).toEqual([2, ['one', 'two']]);
    process.kill(all.named(by).pid, 'SIGKILL');
    expect(await all.program.ended).toBe(1);
    const { stderr } = all.program;
    expect(stderr.match(/another one begins/g)).toHaveLength(5);
    expect(stderr).toContain('before it served, as those before it did: no more begin\n');
    await comesTrue(() => all.running.length === 0);
  });

  it('is refused in a process that another program has forked', async () => {
    const program = child.start(['2', '5000', '3000', 'foreign']);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain('bad-option');
    expect(program.stderr).toContain('needs a first process of its own');
  });

  it('is refused when it is called again', async () => {
    const program = child.start(['2', '5000', '3000', 'twice']);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain('runProcesses is called once in a process');
  });
});
