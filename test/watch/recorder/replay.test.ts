import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { record, RecordingError, type RecordingLine, replay } from 'mcp-actors/recorder';
import { STATE_PATHS } from '../../../machines/states.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { type Happening, happenings, live, livelyRuntime } from '../../support/randomLives.ts';
import { seeded } from '../../support/seeded.ts';

/** The lines of a recording of these lives. */
async function recorded(list: readonly Happening[], messages = true): Promise<string[]> {
  const world = livelyRuntime();
  let text = '';
  const write = (more: string): void => void (text += more);
  const recording = await record(world.runtime, { write, messages, clock: world.clock });
  await live(world, list);
  await recording.close();
  return text.trimEnd().split('\n');
}

const LIFE: Happening[] = [
  { what: 'open' },
  { what: 'call', who: 0 },
  { what: 'attach', who: 0 },
  { what: 'elapse', ms: 1500 },
  { what: 'open' },
  { what: 'crash', who: 1 },
  { what: 'elapse', ms: 1500 },
  { what: 'detach', who: 0 },
  { what: 'delete', who: 0 },
];

/** The recording of one life, with one line changed. */
async function changed(
  find: (line: RecordingLine) => boolean,
  change: (line: RecordingLine) => object,
): Promise<{ lines: string[]; number: number }> {
  const lines = await recorded(LIFE);
  const index = lines.findIndex((line) => find(JSON.parse(line) as RecordingLine));
  expect(index).toBeGreaterThan(0);
  lines[index] = JSON.stringify(change(JSON.parse(lines[index]!) as RecordingLine));
  return { lines, number: index + 1 };
}

const moves = (to: string) => (line: RecordingLine) => line.type === 'transition' && line.to === to;

function isTerminated(line: RecordingLine): boolean {
  return line.type === 'ended' && line.reason === 'terminated';
}

function isDraining(line: RecordingLine): boolean {
  return line.type === 'supervisor' && line.to === 'draining';
}

describe('replay', () => {
  it('does what random lives did, from their beginning and from any line on', async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(happenings, fc.nat(), async (list, cut) => {
      const lines = await recorded(list);
      const whole = await replay(lines);
      expect(whole).toMatchObject({ difference: undefined, end: 'closed', brokenLine: undefined });
      for (const line of lines) {
        const { type, ...rest } = JSON.parse(line) as RecordingLine;
        seen.add('to' in rest ? rest.to : type);
      }
      // As where the recording began later than the sessions.
      const later = [lines[0]!, ...lines.slice(1 + (cut % lines.length))];
      expect(await replay(later)).toMatchObject({ difference: undefined });
    });
    await seeded(property, 100);
    // What never happened proves nothing.
    expect([...seen]).toEqual(
      expect.arrayContaining(['initializing.waking', 'idle.warm', 'closing.settling', 'evicted']),
    );
    expect([...seen]).toEqual(expect.arrayContaining(['ended', 'crashed', 'message', 'draining']));
  }, 120_000);

  it('names the very line of any state that is changed', async () => {
    const property = fc.asyncProperty(happenings, fc.nat(), fc.nat(), async (list, which, what) => {
      const lines = await recorded([{ what: 'open' }, ...list], false);
      const steps = lines.flatMap((line, index) => {
        const parsed = JSON.parse(line) as RecordingLine;
        return parsed.type === 'transition' ? [{ parsed, index }] : [];
      });
      const { parsed, index } = steps[which % steps.length]!;
      const others = STATE_PATHS.filter((path) => path !== parsed.to);
      const to = others[what % others.length]!;
      lines[index] = JSON.stringify({ ...parsed, to });
      expect((await replay(lines)).difference).toEqual({
        line: index + 1,
        session: parsed.session,
        event: parsed.event.type,
        field: 'to',
        expected: parsed.to,
        seen: to,
      });
    });
    await seeded(property, 100);
  }, 120_000);

  it('names the line of a state that is not the machine’s', async () => {
    const { lines, number } = await changed(moves('idle.warm'), (line) => ({
      ...line,
      to: 'evicted',
    }));
    const { session } = JSON.parse(lines[number - 1]!) as { session: string };
    expect((await replay(lines)).difference).toEqual({
      line: number,
      session,
      event: 'session.quiet',
      field: 'to',
      expected: 'idle.warm',
      seen: 'evicted',
    });
  });

  it('names the line of effects the machine does not ask for', async () => {
    const { lines, number } = await changed(moves('idle.warm'), (line) => ({
      ...line,
      effects: [],
    }));
    expect((await replay(lines)).difference).toMatchObject({
      line: number,
      field: 'effects',
      expected: ['disarm', 'armIdle'],
      seen: [],
    });
  });

  it('names the line after one that is missing', async () => {
    const lines = await recorded(LIFE);
    const index = lines.findIndex((line) => moves('idle.warm')(JSON.parse(line) as RecordingLine));
    const { session } = JSON.parse(lines[index]!) as { session: string };
    lines.splice(index, 1);
    const { difference } = await replay(lines);
    expect(difference).toMatchObject({ session, field: 'from', expected: 'active' });
    expect(difference!.line).toBeGreaterThan(index);
  });

  it('names a reason nobody gave, and a life that begins twice', async () => {
    const other = await changed(isTerminated, (line) => ({ ...line, reason: 'capacity' }));
    expect((await replay(other.lines)).difference).toMatchObject({
      line: other.number,
      field: 'reason',
      expected: 'terminated',
      seen: 'capacity',
    });
    const lines = await recorded(LIFE);
    const first = lines.find((line) => moves('initializing.building')(JSON.parse(line)));
    const twice = [...lines.slice(0, 6), first!];
    expect((await replay(twice)).difference).toMatchObject({ line: 7, field: 'from', seen: 'new' });
  });

  it('names a supervisor that does what no supervisor does', async () => {
    const { lines, number } = await changed(isDraining, (line) => ({ ...line, to: 'closed' }));
    expect((await replay(lines)).difference).toMatchObject({
      line: number,
      session: undefined,
      expected: 'draining',
      seen: 'closed',
    });
  });

  it('a flag that makes a later step impossible is found where it does', async () => {
    // Detached, its TTL would have ended it; attached, as the machine knows it to be, it does not.
    const world = new FakeRuntime({ idleTimeoutMs: 10_000, sleep: false });
    let text = '';
    const write = (more: string): void => void (text += more);
    const recording = await record(world.runtime, { write, clock: world.clock });
    const client = await world.open();
    await world.quiet();
    await world.clock.elapse(11_000);
    await recording.close();
    const lines = text.trimEnd().split('\n');
    expect((await replay(lines)).difference).toBeUndefined();
    const warm = lines.findIndex((line) => moves('idle.warm')(JSON.parse(line) as RecordingLine));
    const key = (JSON.parse(lines[warm]!) as { session: string }).session;
    const attach = {
      type: 'transition',
      at: 0,
      session: key,
      event: { type: 'stream.attached' },
      from: 'idle.warm',
      to: 'idle.warm',
      effects: ['disarm', 'armIdle'],
    };
    lines.splice(warm + 1, 0, JSON.stringify(attach));
    expect(client.id).toBeDefined();
    const { difference } = await replay(lines);
    expect(difference).toMatchObject({ line: warm + 3, session: key, event: 'deadline.passed' });
    await world.runtime.close();
  });

  it('a last line that is cut off is left out, and said', async () => {
    const lines = await recorded(LIFE);
    const text = lines.slice(0, 8).join('\n');
    const cut = text.slice(0, -10).split('\n');
    expect(await replay(cut)).toMatchObject({ difference: undefined, brokenLine: 8, end: 'cut' });
    expect(await replay(lines.slice(0, 8))).toMatchObject({ brokenLine: undefined, end: 'cut' });
  });

  it('lines of a type it does not know are passed over', async () => {
    const lines = await recorded(LIFE);
    lines.splice(3, 0, JSON.stringify({ type: 'weather', at: 1, rain: true }));
    expect(await replay(lines)).toMatchObject({ difference: undefined, lines: lines.length });
  });

  it.each([
    ['nothing', [], 'not-a-recording', 1],
    ['no JSON', ['PK\u0003\u0004'], 'not-a-recording', 1],
    ['other JSON', ['{"type":"header","format":"other"}'], 'not-a-recording', 1],
    ['a number', ['17', '18'], 'not-a-recording', 1],
  ])('%s is no recording', async (_what, lines, code, line) => {
    await expect(replay(lines)).rejects.toThrow(expect.objectContaining({ code, line }));
  });

  it('a newer format is not misread', async () => {
    const [header = '', ...rest] = await recorded(LIFE);
    const newer = header.replace('"formatVersion":1', '"formatVersion":2');
    await expect(replay([newer, ...rest])).rejects.toThrow(/format 2 is newer than 1/);
  });

  it.each([
    ['no JSON', () => '{"type":'],
    ['no object', () => '[1]'],
    ['no type', () => '{"at":1}'],
    [
      'an event of its own',
      (line: string) => line.replace(/"event":\{.*?\}/, '"event":{"type":"x"}'),
    ],
    [
      'a prototype for an event',
      (line: string) => line.replace(/"event":\{.*?\}/, '"event":{"type":"__proto__"}'),
    ],
    [
      'an event with no reason',
      (line: string) =>
        line.replace(/"event":\{.*?\}/, '"event":{"type":"session.close","reason":"x"}'),
    ],
    ['a state of its own', (line: string) => line.replace(/"to":".*?"/, '"to":"idle.lost"')],
    [
      'an effect of its own',
      (line: string) => line.replace(/"effects":\[/, '"effects":["explode",'),
    ],
    ['a second header', (_: string, header: string) => header],
  ])('%s in the middle is corrupt, and its line is named', async (_what, change) => {
    const lines = await recorded(LIFE);
    const index = lines.findIndex((line) => moves('active')(JSON.parse(line) as RecordingLine));
    lines[index] = change(lines[index]!, lines[0]!);
    const failed = replay(lines);
    await expect(failed).rejects.toThrow(RecordingError);
    await expect(failed).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt', line: index + 1 }),
    );
  });
});
