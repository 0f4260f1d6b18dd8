import { record, type RecordingLine, replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { CALL_EVENTS, CALL_PATHS, CallCourse } from '../../../src/watch/recorder/callCourse.ts';
import { DurableMemory } from '../../support/durableMemory.ts';
import { HandleWorld } from '../../support/handleWorld.ts';
import { ModernWorld } from '../../support/modernWorld.ts';

const YES = { action: 'accept', content: { ok: true } };
const parsed = (lines: readonly string[]): RecordingLine[] =>
  lines.map((line) => JSON.parse(line) as RecordingLine);

/** The lines of what is done in a world. */
async function recorded(
  { runtime, clock }: ModernWorld | HandleWorld,
  act: () => Promise<void>,
): Promise<string[]> {
  let text = '';
  const write = (more: string): void => void (text += more);
  const recording = await record(runtime, { write, messages: true, clock });
  await act();
  await recording.close();
  return text.trimEnd().split('\n');
}

/** The lines with one of them changed, and its number. */
function changed(
  lines: readonly string[],
  find: (line: RecordingLine) => boolean,
  change: object,
): { readonly lines: string[]; readonly number: number } {
  const index = lines.findIndex((line) => find(JSON.parse(line) as RecordingLine));
  expect(index).toBeGreaterThan(0);
  const line = { ...(JSON.parse(lines[index]!) as object), ...change };
  return { lines: lines.with(index, JSON.stringify(line)), number: index + 1 };
}

/** Opened, put to sleep, woken, destroyed, and one refused. */
async function ofPages(): Promise<{ readonly lines: string[]; readonly id: string }> {
  const world = new HandleWorld({ onSleep: ({ url }) => url, maxPerPrincipal: 1 });
  let id = '';
  const lines = await recorded(world, async () => {
    const ann = await world.legacy('ann');
    id = await ann('create_page');
    await ann('create_page');
    await world.settle(6 * 60_000);
    await ann('where', { page: id });
    await ann('destroy_page', { page: id });
  });
  return { lines, id };
}

/** One that asks and is answered, and one whose client never comes back. */
async function ofCalls(): Promise<string[]> {
  const world = new ModernWorld();
  return recorded(world, async () => {
    const ann = await world.client('ann');
    const { result } = await ann.call('ask', { q: 'Go?' });
    const more = { requestState: result?.['requestState'], inputResponses: { input_1: YES } };
    await ann.call('ask', { q: 'Go?' }, more);
    await ann.call('ask', { q: 'And now?' });
    await world.settle(60 * 60_000);
  });
}

/** The step by which a handle falls asleep. */
function isSleep(line: RecordingLine): boolean {
  return line.type === 'handle' && line.to === 'idle.asleep';
}

/** The step by which a client comes back to a call. */
function isClaim(line: RecordingLine): boolean {
  return line.type === 'call' && line.event === 'retry.claimed';
}

function isClosing(line: RecordingLine): boolean {
  return line.type === 'handle' && line.to.startsWith('closing');
}

describe('a recording of handles', () => {
  it('holds each step and end, the limits that were met, and no id', async () => {
    const { lines, id } = await ofPages();
    const all = parsed(lines);
    const [opened] = all.filter((line) => line.type === 'handle');
    expect(opened).toMatchObject({ kind: 'page', from: 'new', to: 'initializing.building' });
    const steps = all.filter((line) => line.type === 'handle' && line.handle === opened!.handle);
    expect(steps).toContainEqual(expect.objectContaining({ to: 'idle.asleep' }));
    expect(steps.at(-1)).toMatchObject({ to: 'evicted' });
    expect(all).toContainEqual(
      expect.objectContaining({ type: 'handle-ended', kind: 'page', reason: 'terminated' }),
    );
    expect(all.filter((line) => line.type === 'limit')).toMatchObject([
      { limit: 'page.maxPerPrincipal' },
    ]);
    expect(lines.join()).not.toContain(id);
  });

  it('is replayed, from its beginning and from any line on', async () => {
    const { lines } = await ofPages();
    expect(await replay(lines)).toMatchObject({ difference: undefined, sessions: 1, handles: 1 });
    for (let i = 1; i < lines.length; i++) {
      expect((await replay([lines[0]!, ...lines.slice(i)])).difference).toBeUndefined();
    }
  });

  it('with a changed state or end names the line and the handle', async () => {
    const { lines } = await ofPages();
    const state = changed(lines, isSleep, { to: 'evicted' });
    const { handle } = JSON.parse(lines[state.number - 1]!) as { handle: string };
    expect((await replay(state.lines)).difference).toMatchObject({
      line: state.number,
      handle,
      session: undefined,
      field: 'to',
      expected: 'idle.asleep',
      seen: 'evicted',
    });
    const end = changed(lines, ({ type }) => type === 'handle-ended', { reason: 'capacity' });
    expect((await replay(end.lines)).difference).toMatchObject({
      line: end.number,
      handle,
      event: 'ended',
      field: 'reason',
      expected: 'terminated',
    });
  });
});

describe('U24: a recording of a handle that a drain leaves to the next process', () => {
  it('says that it is kept, and the replay knows what the machine did', async () => {
    const page = { onSleep: ({ url }: { url: string }) => url, onWake: () => ({ url: '' }) };
    const world = new HandleWorld(page, { store: new DurableMemory() });
    const lines = await recorded(world, async () => {
      await (
        await world.legacy('ann')
      )('create_page');
      const drained = world.runtime.drain({ deadlineMs: 1000 });
      await world.settle(1000);
      await drained;
    });
    const types = parsed(lines).map(({ type }) => type);
    expect(types).toContain('handle-kept');
    expect(types).not.toContain('handle-ended');
    expect((await replay(lines)).difference).toBeUndefined();
    const { lines: odd, number } = changed(lines, isClosing, { to: 'idle.warm' });
    expect((await replay(odd)).difference).toMatchObject({ line: number, field: 'to' });
  });
});

describe('a recording of calls of the stateless revision', () => {
  it('holds each step, and nothing of what was asked', async () => {
    const lines = await ofCalls();
    const steps = parsed(lines).filter((line) => line.type === 'call');
    expect(steps.map(({ from, event, to }) => `${from} > ${event} > ${to}`)).toEqual([
      'running.working > question.asked > running.gathering',
      'running.gathering > turn.over > parked',
      'parked > retry.claimed > running.working',
      'running.working > call.answered > settled',
      'running.working > question.asked > running.gathering',
      'running.gathering > turn.over > parked',
      'parked > deadline.passed > settled',
    ]);
    expect(lines.join()).not.toContain('Go?');
  });

  it('is replayed, from its beginning and from any line on', async () => {
    const lines = await ofCalls();
    expect(await replay(lines)).toMatchObject({ difference: undefined, calls: 2, handles: 0 });
    for (let i = 1; i < lines.length; i++) {
      expect((await replay([lines[0]!, ...lines.slice(i)])).difference).toBeUndefined();
    }
  });

  it('with a changed state names the line and the call', async () => {
    const lines = await ofCalls();
    const { lines: wrong, number } = changed(lines, isClaim, { to: 'settled' });
    const { call, session } = JSON.parse(lines[number - 1]!) as { call: number; session: string };
    expect((await replay(wrong)).difference).toMatchObject({
      line: number,
      call,
      session,
      event: 'retry.claimed',
      field: 'to',
      expected: 'running.working',
      seen: 'settled',
    });
  });

  it.each([
    ['an event of its own', { event: '__proto__' }],
    ['a state of its own', { to: 'lost' }],
    ['no number', { call: 'one' }],
  ])('with %s is corrupt', async (_what, change) => {
    const { lines, number } = changed(await ofCalls(), ({ type }) => type === 'call', change);
    await expect(replay(lines)).rejects.toMatchObject({ code: 'corrupt', line: number });
  });
});

describe('CallCourse', () => {
  it.each(CALL_PATHS)('in %s does what the machine does of each event', (from) => {
    for (const event of CALL_EVENTS) {
      const fits = CALL_PATHS.filter((to) => {
        const line = { type: 'call', at: 1, session: 's', call: 1, event, from, to } as const;
        return new CallCourse(from).step(line) === undefined;
      });
      // Two only where a flag that no recording holds decides.
      expect(fits.length).toBeLessThanOrEqual(
        event === 'retry.claimed' || event === 'question.answered' ? 2 : 1,
      );
      expect(fits.length).toBeGreaterThan(0);
    }
  });

  it('is done where the call is over', () => {
    expect(CALL_PATHS.filter((path) => new CallCourse(path).isDone)).toEqual(['settled', 'kept']);
  });
});
