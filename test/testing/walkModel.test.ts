import { coverage, type Driver, walkModel } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';
import { fakeDriver, type FakeDriver, type Lamp } from './fakeDriver.ts';

/** A driver that lost a part: its type does not allow it, a spread or a cast does. */
function without(part: 'events' | 'expectations' | 'states', name: string): FakeDriver {
  const driver = fakeDriver();
  const parts = Object.fromEntries(Object.entries(driver[part]).filter(([key]) => key !== name));
  return { ...driver, [part]: parts };
}

const lit = (): Lamp => ({ state: 'on', heard: '', isOver: false });
const thud = (lamp: Lamp): void => void (lamp.heard = 'thud');
const boom = (): never => {
  throw new TypeError('boom');
};

describe('walkModel', () => {
  it('walks every edge of a server that does as the model says, and lets go of every run', async () => {
    const driver = fakeDriver();
    const report = await walkModel(driver);
    expect(report.failures).toEqual([]);
    expect(String(report)).toBe('a lamp: 2 paths, 0 edges failed, 5 of 5 edges, 3 of 3 states');
    expect(driver.lamps).toHaveLength(2);
    expect(driver.lamps.every(({ isOver }) => isOver)).toBe(true);
  });

  it.each([
    ['events', 'hit', /a lamp: no executor for event hit$/],
    ['expectations', 'crack', /a lamp: no assertion for expectation crack$/],
    ['states', 'broken', /a lamp: no assertion for state broken$/],
  ] as const)('fails before anything is walked where %s lack %s', async (part, name, message) => {
    const driver = without(part, name) as ReturnType<typeof fakeDriver>;
    await expect(walkModel(driver)).rejects.toThrow(message);
    expect(driver.lamps).toEqual([]);
  });

  it('fails where a part is missing that is left out', async () => {
    const driver = { ...without('events', 'hit'), without: { hammer: 'lost' } };
    await expect(walkModel(driver)).rejects.toThrow(/no executor for event hit/);
  });

  it('fails where something is left out that the model does not know', async () => {
    const driver = fakeDriver({ without: { hamer: 'lost' } });
    await expect(walkModel(driver)).rejects.toThrow(/no edge that needs hamer/);
  });

  it('fails where something is left out without a reason', async () => {
    const driver = fakeDriver({ without: { hammer: '' } });
    await expect(walkModel(driver)).rejects.toThrow(/no reason why hammer is left out/);
  });

  it('leaves out what the server has not and what lies behind it, and says so', async () => {
    const report = await walkModel(fakeDriver({ without: { hammer: 'lost' } }));
    expect(report.coverage.isComplete).toBe(true);
    expect(String(report)).toBe(
      'a lamp: 1 paths, 0 edges failed, 2 of 2 edges, 2 of 2 states\n' +
        'left out  3 edges (hammer: lost)',
    );
  });

  it('names the way, what is expected and what is seen, and goes on where it can', async () => {
    const { events } = fakeDriver();
    const report = await walkModel(fakeDriver({ events: { ...events, hit: thud } }));
    expect(String(report)).toBe(
      [
        'a lamp: 2 paths, 1 edges failed, 2 of 5 edges, 2 of 3 states',
        'missed    broken -- press --> broken',
        'missed    broken -- mend --> off',
        '',
        'FAILED    on -- hit --> broken',
        '  path      off, press → on, hit → broken',
        '  expected  crack',
        '  seen      thud',
      ].join('\n'),
    );
    expect(report.coverage.isComplete).toBe(false);
  });

  it.each(['events', 'expectations', 'states'] as const)('reports what %s throw', async (part) => {
    const driver = fakeDriver();
    const name = { events: 'hit', expectations: 'crack', states: 'broken' }[part];
    const parts = { ...driver[part], [name]: boom };
    const { failures } = await walkModel({ ...driver, [part]: parts });
    expect(failures).toMatchObject([
      { expected: 'hit to be done: crack', seen: 'TypeError: boom' },
    ]);
    expect(driver.lamps.every(({ isOver }) => isOver)).toBe(true);
  });

  it('reports a beginning that is none, once', async () => {
    const driver = fakeDriver();
    const report = await walkModel({ ...driver, begin: lit });
    expect(report.failures).toEqual([{ path: [], expected: 'a lamp off', seen: 'on' }]);
    expect(String(report)).toContain('FAILED    before the first event');
  });
});

describe('coverage', () => {
  it('adds up all that was walked with a driver, and nothing of another', async () => {
    const driver: Driver<
      'off' | 'on' | 'broken',
      'press' | 'hit' | 'mend',
      'click' | 'crack',
      Lamp
    > = fakeDriver();
    expect(coverage(driver).missed).toHaveLength(5);
    await walkModel(driver, { cover: 'states' });
    const once = coverage(driver).edges.map(({ times }) => times);
    await walkModel(driver, { cover: 'states' });
    expect(coverage(driver).edges.map(({ times }) => times)).toEqual(once.map((n) => n * 2));
    expect(coverage(driver).missedStates).toEqual([]);
    expect(coverage(fakeDriver()).missed).toHaveLength(5);
  });
});
