import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActorsError } from 'mcp-actors';
import { record, type RecordingLine, replay, replayFile } from 'mcp-actors/recorder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';

const SECRET = 'hunter2';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'recording-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function parsed(text: string): RecordingLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordingLine);
}

function numberOf(text: string): number {
  return text.split('\n').length - 1;
}

function never(): { readonly promise: Promise<void> } {
  return { promise: new Promise(() => {}) };
}

/** Opens a session and uses it, many times. */
async function busy(world: FakeRuntime, times: number): Promise<void> {
  const client = await world.open();
  for (let i = 0; i < times; i++) {
    expect(await client.call('tools/list')).toHaveProperty('result');
    await world.quiet();
  }
}

describe('record', () => {
  it('writes a header, then each step of each machine, then an end', async () => {
    const world = new FakeRuntime();
    const file = join(folder(), 'life.jsonl');
    const recording = await record(world.runtime, { file, clock: world.clock });
    const client = await world.open();
    await world.quiet();
    await client.delete();
    await world.runtime.close();
    await recording.close();

    const lines = parsed(readFileSync(file, 'utf8'));
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(lines[0]).toEqual({
      type: 'header',
      format: 'mcp-actors-recording',
      formatVersion: 1,
      version,
      at: 1_000_000,
      messages: false,
    });
    const session = lines.flatMap((line) => (line.type === 'started' ? [line.session] : []))[0];
    const moves = lines.flatMap((line) => (line.type === 'transition' ? [line] : []));
    expect(moves.map(({ to }) => to)).toEqual([
      'initializing.building',
      'initializing.handshaking',
      'active',
      'active',
      'idle.warm',
      'closing.settling',
      'closing.releasing',
      'evicted',
    ]);
    expect(moves[4]).toEqual({
      type: 'transition',
      at: expect.any(Number) as number,
      session,
      event: { type: 'session.quiet' },
      from: 'active',
      to: 'idle.warm',
      effects: ['disarm', 'armIdle'],
    });
    expect(lines.slice(-4).map(({ type }) => type)).toEqual([
      'supervisor',
      'transition',
      'ended',
      'end',
    ]);
    expect(lines.at(-1)).toMatchObject({ why: 'closed', lines: lines.length - 1, dropped: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(recording.stats()).toMatchObject({ state: 'closed', lines: lines.length, dropped: 0 });
    expect(await replayFile(file)).toMatchObject({ difference: undefined, end: 'closed' });
  });

  it.each([false, true])(
    'holds nothing of what was said, no id and no principal (messages: %s)',
    async (messages) => {
      const world = new FakeRuntime({
        hook(message) {
          if ('method' in message && message.method === 'crash') throw new Error(SECRET);
        },
      });
      let text = '';
      const write = (more: string): void => void (text += more);
      const recording = await record(world.runtime, { write, messages, clock: world.clock });
      const client = await world.open(SECRET);
      await client.call('tools/call', { name: SECRET, arguments: { password: SECRET } });
      await client.request('crash', { [SECRET]: 1 });
      // To a session that is gone: a dead letter, or a refusal.
      await client.notify('notifications/x', { text: SECRET });
      await world.runtime.close();
      await recording.close();
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(client.id);
      const lines = parsed(text);
      const seen = lines.flatMap((line) => (line.type === 'message' ? [line.method] : []));
      const methods = ['initialize', 'notifications/initialized', 'tools/call', 'crash'];
      expect([...new Set(seen)]).toEqual(expect.arrayContaining(messages ? methods : []));
      expect(text.includes('tools/call')).toBe(messages);
      expect(lines).toContainEqual(
        expect.objectContaining({ type: 'crashed', restarted: false, error: 'Error' }),
      );
    },
  );

  it('shortens what a server calls its notifications', async () => {
    const world = new FakeRuntime();
    let text = '';
    const write = (more: string): void => void (text += more);
    const recording = await record(world.runtime, { write, messages: true });
    const client = await world.open();
    await client.get();
    world.server.notify('m'.repeat(10_000));
    await recording.close();
    await world.runtime.close();
    expect(text).toContain(`"${'m'.repeat(128)}"`);
    expect(text.length).toBeLessThan(5000);
  });

  it('never writes over a file, and says what is wrong with a path', async () => {
    const { runtime } = new FakeRuntime();
    const file = join(folder(), 'precious');
    writeFileSync(file, 'precious');
    await expect(record(runtime, { file })).rejects.toThrow(/EEXIST/);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await expect(record(runtime, { file: join(file, 'below') })).rejects.toThrow(/ENOTDIR/);
    await expect(record(runtime, { file, maxBytes: 10 })).rejects.toThrow(ActorsError);
    await expect(record(runtime, { file, maxPendingBytes: 0.5 })).rejects.toThrow(
      /maxPendingBytes must be an integer >= 4096, got 0.5/,
    );
  });

  it('stops at maxBytes, says so, and its file replays', async () => {
    const world = new FakeRuntime();
    const file = join(folder(), 'full.jsonl');
    const recording = await record(world.runtime, { file, maxBytes: 4096, clock: world.clock });
    await busy(world, 30);
    expect(recording.stats().state).toBe('full');
    const { lines } = await recording.close();
    await busy(world, 1);
    await world.runtime.close();
    const text = readFileSync(file, 'utf8');
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(numberOf(text)).toBe(lines);
    expect(parsed(text).at(-1)).toMatchObject({ type: 'end', why: 'full', dropped: 1 });
    expect(await replayFile(file)).toMatchObject({ difference: undefined, end: 'full' });
  });

  it('rotates: two files at most, each replays by itself', async () => {
    const world = new FakeRuntime();
    const file = join(folder(), 'ring.jsonl');
    writeFileSync(file, 'of the run before');
    const options = { file, maxBytes: 4096, whenFull: 'rotate', clock: world.clock } as const;
    const recording = await record(world.runtime, options);
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('of the run before');
    await busy(world, 50);
    const { bytes, state } = await recording.close();
    await world.runtime.close();
    expect(state).toBe('closed');
    const sizes = [file, `${file}.1`].map((each) => statSync(each).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
    expect(bytes).toBeGreaterThan(3 * 4096);
    const older = await replayFile(`${file}.1`);
    expect(older).toMatchObject({ difference: undefined, end: 'rotated' });
    expect(await replayFile(file)).toMatchObject({ difference: undefined, end: 'closed' });
  });

  it('drops what a slow disk can not take, says where, and waits for nobody', async () => {
    const world = new FakeRuntime();
    let text = '';
    const waiting: (() => void)[] = [];
    const write = (more: string): Promise<void> => {
      text += more;
      return new Promise((resolve) => waiting.push(resolve));
    };
    const options = { write, maxPendingBytes: 4096, clock: world.clock };
    const recording = await record(world.runtime, options);
    await busy(world, 30);
    const { dropped } = recording.stats();
    expect(dropped).toBeGreaterThan(10);
    // Only what it was given first: nothing is written behind its back.
    expect(waiting).toHaveLength(1);
    waiting.splice(0).forEach((resolve) => resolve());
    await eventually(() => waiting.length > 0);
    waiting.splice(0).forEach((resolve) => resolve());
    await turn();
    await busy(world, 2);
    const closed = recording.close();
    const done = { yet: false };
    void closed.then(() => (done.yet = true));
    await eventually(() => {
      waiting.splice(0).forEach((resolve) => resolve());
      return done.yet;
    });
    await world.runtime.close();
    const lines = parsed(text);
    const gaps = lines.flatMap((line) => (line.type === 'dropped' ? [line.lines] : []));
    expect(gaps).toEqual([dropped]);
    expect(lines.at(-1)).toMatchObject({ type: 'end', dropped });
    expect(await replay(text.trimEnd().split('\n'))).toMatchObject({
      difference: undefined,
      dropped,
    });
  });

  it.each([
    [
      'throws',
      (): void => {
        throw new Error('no space');
      },
    ],
    ['rejects', (): Promise<void> => Promise.reject(new Error('no space'))],
  ])('a write that %s ends the recording and nothing else', async (_how, write) => {
    const world = new FakeRuntime();
    const failures = world.record('observer.failed');
    const recording = await record(world.runtime, { write });
    await busy(world, 2);
    expect(recording.stats()).toMatchObject({
      state: 'failed',
      error: expect.objectContaining({ message: 'no space' }) as Error,
    });
    await recording.close();
    await busy(world, 2);
    expect(failures).toEqual([]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, calls: 4 });
    await world.runtime.close();
  });

  it('close() always finishes, whatever the disk does', async () => {
    const world = new FakeRuntime();
    const { promise } = never();
    const write = (): Promise<void> => promise;
    const recording = await record(world.runtime, { write, clock: world.clock });
    await busy(world, 1);
    const closed = recording.close();
    await world.clock.elapse(5000);
    expect(await closed).toMatchObject({ state: 'failed' });
    expect(await recording.close()).toMatchObject({ state: 'failed' });
    await world.runtime.close();
  });
});
