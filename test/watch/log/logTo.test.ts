import { logTo } from 'mcp-actors/log';
import { describe, expect, it, vi } from 'vitest';
import { RUNTIME_EVENTS } from '../../../src/events/events.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { Page } from '../../support/markdown.ts';

/** A logger that keeps what it was told. */
function ears(more: object = {}) {
  const lines: [string, ...unknown[]][] = [];
  const method =
    (level: string) =>
    (...entry: unknown[]): void =>
      void lines.push([level, ...entry]);
  const methods = ['debug', 'info', 'warn', 'error'].map(
    (level) => [level, method(level)] as const,
  );
  const logger = { ...Object.fromEntries(methods), ...more } as unknown as typeof console;
  return { lines, logger };
}

describe('U6: logTo', () => {
  it('tells a console the event first, and then its fields', async () => {
    const world = new FakeRuntime();
    const { lines, logger } = ears();
    logTo(world.runtime, logger);
    const client = await world.open('alice');
    const [session] = world.runtime.residents();
    const started = lines.find(([, text]) => text === 'session.started');
    expect(started).toEqual([
      'info',
      'session.started',
      { event: 'session.started', session: session?.key, principal: session?.principalKey },
    ]);
    await client.delete();
    await eventually(() => lines.length > 1);
    expect(lines.map(([level, text]) => `${level} ${String(text)}`)).toContain(
      'info session.ended',
    );
    expect(JSON.stringify(lines)).not.toContain(session?.id);
  });

  it('tells pino the fields first, with an error as err', async () => {
    const error = new Error('no server');
    const world = new FakeRuntime({
      report: false,
      server: () => {
        throw error;
      },
    });
    const { lines, logger } = ears({ bindings: () => ({}) });
    logTo(world.runtime, logger);
    await world.open().catch(() => {});
    const crashed = lines.find(([, , text]) => text === 'session.crashed');
    expect(crashed).toMatchObject([
      'error',
      { event: 'session.crashed', err: error },
      'session.crashed',
    ]);
  });

  it('writes at the levels it is given, leaves out what is false, and stops', async () => {
    const world = new FakeRuntime();
    const { lines, logger } = ears();
    const levels = { 'session.started': 'debug', 'session.ended': false } as const;
    const stop = logTo(world.runtime, logger, { levels });
    const client = await world.open();
    await client.delete();
    await eventually(() => world.runtime.stats().sessions.total === 0);
    expect(lines.map(([level, text]) => [level, text])).toEqual([['debug', 'session.started']]);
    stop();
    await world.open();
    expect(lines).toHaveLength(1);
  });

  it('calls the logger as a method of itself', async () => {
    class Own {
      readonly lines: unknown[] = [];
      debug(): void {}
      info(text: string): void {
        this.lines.push(text);
      }
      warn(): void {}
      error(): void {}
    }
    const world = new FakeRuntime();
    const own = new Own();
    logTo(world.runtime, own);
    await world.open();
    expect(own.lines).toContain('session.started');
  });

  it('listens to nothing that costs something for each message, unless it is asked to', async () => {
    const on = vi.fn<(name: string) => () => void>(() => () => {});
    logTo({ on }, console);
    const names = on.mock.calls.map(([name]) => name);
    const costly = [
      'message',
      'session.transition',
      'handle.transition',
      'call.transition',
      'actor.transition',
      'request.began',
      'request.settled',
    ];
    expect(names.toSorted()).toEqual(
      Object.keys(RUNTIME_EVENTS)
        .filter((name) => !costly.includes(name))
        .toSorted(),
    );
  });

  it('has the levels that docs/events.md tells', () => {
    const { text } = new Page(new URL('../../../', import.meta.url), 'docs/events.md');
    const told = new Map<string, string>();
    for (const [, level = '', names = ''] of text.matchAll(/^- (`\w+`|not written.*): (`.*`)$/gm)) {
      for (const [, name = ''] of names.matchAll(/`([^`]+)`/g)) told.set(name, level);
    }
    const { lines, logger } = ears();
    const on = (name: string, listener: (event: never) => void) => {
      listener({} as never);
      const [level] = lines.at(-1) ?? [];
      expect([name, told.get(name)]).toEqual([name, `\`${level}\``]);
      told.delete(name);
      return () => {};
    };
    logTo({ on }, logger);
    expect([...told.values()].every((level) => level.startsWith('not written'))).toBe(true);
    expect(lines.length + told.size).toBe(Object.keys(RUNTIME_EVENTS).length);
  });

  it.each([
    [{ levels: { 'session.crash': 'warn' } }, 'did you mean session.crashed?'],
    [{ levels: { deadletter: 'loud' } }, 'deadletter must be debug, info, warn, error or false'],
  ])('refuses %j', (options, text) => {
    expect(() => logTo(new FakeRuntime().runtime, console, options as never)).toThrow(text);
  });

  it('refuses a logger without a method for each level', () => {
    const { logger } = ears({ warn: undefined });
    expect(() => logTo(new FakeRuntime().runtime, logger)).toThrow('must have a method warn');
  });
});
