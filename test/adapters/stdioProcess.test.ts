import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LinePeer } from '../support/linePeer.ts';

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const FILE = new URL('../support/stdioServer.ts', import.meta.url).pathname;

interface Rig {
  readonly child: Child;
  readonly peer: LinePeer;
  /** Resolves when the server has said that on stderr. */
  readonly heard: (text: string) => Promise<void>;
  /** How the process ended, and all it said on stderr. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; said: string[] }>;
}

async function start(...modes: string[]): Promise<Rig> {
  const child: Child = spawn(process.execPath, ['--import', 'tsx', FILE, ...modes], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  let said = '';
  const waiting = new Set<() => void>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    for (const look of waiting) look();
  });
  const heard = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (said.includes(text)) resolve();
      };
      waiting.add(look);
      look();
    });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    said: said.trim().split('\n'),
  }));
  const peer = new LinePeer(child.stdin, child.stdout);
  peer.greet();
  await peer.answer('init');
  return { child, peer, heard, ended };
}

describe('serveStdio on a process of its own', () => {
  it('ends with code 0 when input ends', async () => {
    const { peer, ended } = await start();
    peer.end();
    expect(await ended).toEqual({
      code: 0,
      signal: null,
      said: ['released', 'closed: terminated'],
    });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s answers what is in flight, releases, and ends by that signal',
    async (signal) => {
      const { child, peer, heard, ended } = await start();
      peer.call(1, 'hang');
      await heard('hanging');
      child.kill(signal);
      expect((await peer.answer(1)).error?.data?.['code']).toBe('session-ended');
      const said = ['hanging', 'released', 'closed: terminated'];
      expect(await ended).toEqual({ code: null, signal, said });
    },
  );

  it('a second signal does not wait', async () => {
    const { child, peer, heard, ended } = await start('notes-signals');
    peer.call(1, 'hang');
    await heard('hanging');
    child.kill('SIGTERM');
    await heard('noted');
    child.kill('SIGTERM');
    const said = ['hanging', 'noted'];
    expect(await ended).toEqual({ code: null, signal: 'SIGTERM', said });
  });

  it('leaves the end to who handles the signal as well', async () => {
    const { child, ended } = await start('handles-signals');
    child.kill('SIGTERM');
    const said = ['handled', 'released', 'closed: terminated'];
    expect(await ended).toEqual({ code: 7, signal: null, said });
  });

  it('ends though something of the process still runs', async () => {
    const { peer, ended } = await start('busy');
    peer.end();
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  it('a rejection nobody handles crashes the session: its caller hears, code 1', async () => {
    const { peer, ended } = await start();
    peer.call(1, 'stray');
    expect((await peer.answer(1)).error?.data?.['code']).toBe('session-crashed');
    const { said, ...how } = await ended;
    expect(how).toEqual({ code: 1, signal: null });
    expect(said).toEqual(expect.arrayContaining(['released', 'closed: crashed']));
    expect(said.join()).toMatch(/SessionCrashed: session \w+ crashed: stray/);
  });

  it('an uncaught exception ends session and process: its caller hears, code 1', async () => {
    const { peer, ended } = await start();
    peer.call(1, 'throw');
    expect((await peer.answer(1)).error?.data?.['code']).toBe('session-ended');
    const { said, ...how } = await ended;
    expect(how).toEqual({ code: 1, signal: null });
    expect(said).toEqual(expect.arrayContaining(['released', 'closed: terminated']));
    expect(said.join()).toMatch(/Uncaught exception in session \w+: .*Error: thrown/s);
  });

  it('ends when nobody reads its output any more', async () => {
    const { child, peer, ended } = await start();
    child.stdout.destroy();
    peer.ask(1, 'tools/list');
    peer.ask(2, 'tools/list');
    const said = ['released', 'closed: disconnected'];
    expect(await ended).toEqual({ code: 0, signal: null, said });
  });
});
