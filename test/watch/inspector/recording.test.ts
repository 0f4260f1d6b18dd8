import { describe, expect, it } from 'vitest';
import { chartDefinition } from '../../../src/watch/chartDefinition.ts';
import { drawMachine } from '../../../src/watch/inspector/chart/draw.ts';
import type { Line } from '../../../src/watch/inspector/lines.ts';
import { BadRecording, Recording } from '../../../src/watch/inspector/page/recording.ts';
import { light } from '../../support/machines.ts';

const fields = { session: 'abc', effects: [] } as const;
const LINES: Line[] = [
  {
    ...fields,
    type: 'transition',
    at: 1,
    event: { type: 'session.opened', sleeps: false },
    from: 'new',
    to: 'initializing.building',
  },
  { type: 'started', at: 2, session: 'abc', principal: 'alice' },
  {
    type: 'message',
    at: 3,
    session: 'abc',
    direction: 'in',
    kind: 'request',
    method: 'x',
    bytes: 9,
  },
  {
    ...fields,
    type: 'transition',
    at: 4,
    event: { type: 'session.built' },
    from: 'initializing.building',
    to: 'initializing.handshaking',
  },
  {
    type: 'deadletter',
    at: 5,
    session: 'abc',
    direction: 'in',
    kind: 'request',
    method: 'x',
    reason: 'full',
  },
  { type: 'ended', at: 6, session: 'abc', reason: 'terminated', ageMs: 5 },
  { type: 'supervisor', at: 7, event: 'supervisor.drain', from: 'accepting', to: 'draining' },
];

const textOf = (lines: readonly object[]): string =>
  `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;

describe('Recording', () => {
  it('opens at its end, and shows what was at every moment of it', () => {
    const recording = new Recording('a.jsonl', textOf(LINES));
    const states = LINES.map((_line, i) => {
      recording.seek(i + 1);
      const { state, reason } = recording.row('abc') ?? {};
      return reason ?? state;
    });
    expect(states).toEqual([
      'initializing.building',
      'initializing.building',
      'initializing.building',
      'initializing.handshaking',
      'initializing.handshaking',
      'terminated',
      'terminated',
    ]);
    expect(recording.overview.state).toBe('draining');
    expect(recording.letters).toHaveLength(1);
  });

  it('draws the charts that it has, as text, and no others', () => {
    const step = { type: 'actor', at: 9, session: 'abc', event: 'go', from: 'off', to: 'on' };
    const chart = { type: 'chart', at: 9, machine: 'm' };
    const hostile = {
      id: 'm',
      description: '<script>',
      states: { '<img onerror="x">': { id: 'x', on: { '"><b>': [{ target: ['#x'] }] } } },
    };
    const lines = [
      ...LINES,
      { ...chart, chart: 1, definition: chartDefinition(light) },
      { ...chart, chart: 2, definition: hostile },
      { ...chart, chart: 3, definition: { id: 'm', on: { x: [{ target: ['#gone'] }] } } },
      { ...chart, chart: 4, definition: { id: 'm', description: 'x'.repeat(70_000) } },
      ...[1, 2, 3, 4, 5].map((n) => ({ ...step, actor: `a${n}`, chart: n })),
      { ...step, actor: 'a6' },
    ];
    const known = { of: (actor: string) => `known ${actor}` };
    const recording = new Recording('a.jsonl', textOf(lines), known);
    const charts = recording.actors('abc').map(({ svg }) => svg);
    expect(charts[0]).toBe(drawMachine(light));
    expect(charts[1]).toContain('&lt;img onerror=&quot;x&quot;&gt;');
    expect(charts[1]).not.toMatch(/<script|<img|<b>/);
    expect(charts.slice(2)).toEqual([undefined, undefined, 'known a5', 'known a6']);
  });

  it('goes back', () => {
    const recording = new Recording('a.jsonl', textOf(LINES));
    recording.seek(3);
    expect(recording.row('abc')).toMatchObject({ principal: 'alice', seen: { in: 1, out: 0 } });
    expect(recording.lines('abc')).toHaveLength(3);
    expect(recording.letters).toEqual([]);
    expect(recording.overview.state).toBe('accepting');
    expect(recording.now()).toBe(3);
    recording.seek(0);
    expect(recording.rows()).toEqual([]);
  });

  it('takes a line without a type, where it is a transition', () => {
    const { type: _type, ...line } = LINES[0]!;
    const recording = new Recording('a.jsonl', textOf([line]));
    expect(recording.row('abc')?.state).toBe('initializing.building');
  });

  it('puts lines in order of time, and passes over those it does not know', () => {
    const recording = new Recording(
      'a.jsonl',
      textOf([...LINES.toReversed(), { type: 'weather', at: 3 }, { recorder: 1 }]),
    );
    expect(recording.all.map(({ at }) => at)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    ['no JSON', 'hello', 'Line 1'],
    ['no object', '[]\n"x"', 'Line 2'],
    ['no time', textOf([LINES[0]!, { ...LINES[1], at: 'noon' }]), 'Line 2'],
    ['no session', textOf([{ type: 'slept', at: 1 }]), 'Line 1'],
    ['an event that is none', textOf([{ ...LINES[0], event: null }]), 'Line 1'],
  ])('says which line is not one: %s', (_what, text, where) => {
    expect(() => new Recording('a.jsonl', text)).toThrow(BadRecording);
    expect(() => new Recording('a.jsonl', text)).toThrow(where);
  });
});
