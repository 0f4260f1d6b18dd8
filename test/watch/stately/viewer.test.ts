import { describe, expect, it } from 'vitest';
import { Audience } from '../../../src/watch/stately/audience.ts';
import { Cast } from '../../../src/watch/stately/cast.ts';
import type { Player } from '../../../src/watch/stately/player.ts';
import type { StatelyPacket } from '../../../src/watch/stately/packets.ts';
import type { Viewer } from '../../../src/watch/stately/viewer.ts';
import { Inspected } from '../../support/inspected.ts';
import { VirtualClock } from '../../support/virtualClock.ts';

const MAX_BYTES = 64 * 1024;
const SESSIONS = 40;

/** A viewer that takes nothing until it is told to. */
class SlowPort {
  readonly inspected = new Inspected();
  unread = 0;
  most = 0;
  cuts = 0;

  send(packet: StatelyPacket): void {
    this.inspected.take(packet);
    this.unread += JSON.stringify(packet).length;
    this.most = Math.max(this.most, this.unread);
  }

  cut(): void {
    this.cuts++;
  }
}

function stage(maxDue = 1000) {
  const clock = new VirtualClock();
  const cast = new Cast('root', 100, clock.now(), true);
  const limits = { maxViewers: 2, maxBytes: MAX_BYTES, stallMs: 30_000, maxDue };
  const audience = new Audience(cast, limits, clock);
  const port = new SlowPort();
  const read = (viewer: Viewer): void => {
    port.unread = 0;
    viewer.pump();
  };
  return { clock, cast, audience, port, read };
}

const open = (cast: Cast, session: string): Player =>
  cast.moved({
    at: 1,
    session,
    event: { type: 'session.opened', sleeps: true },
    from: 'new',
    to: 'initializing.building',
    effects: ['build'],
  });

describe('Viewer', () => {
  it('meets a crowd piece by piece, and never holds more than its budget and one packet', () => {
    const { cast, audience, port, read } = stage();
    for (let i = 0; i < SESSIONS; i++) open(cast, `s${i}`);
    const viewer = audience.join(port);
    const first = port.inspected.actors.size;
    expect(first).toBeGreaterThan(1);
    expect(first).toBeLessThan(SESSIONS);
    for (let i = 0; i < SESSIONS; i++) read(viewer);
    expect(port.inspected.actors.size).toBe(SESSIONS + 1);
    expect(port.inspected.faults).toEqual([]);
    expect(port.most).toBeLessThan(MAX_BYTES);
    expect(viewer.dropped).toBe(0);
  });

  it('drops what is not taken, counts it, and is told the present state when it reads again', () => {
    const { cast, audience, port, read } = stage();
    const viewer = audience.join(port);
    const player = open(cast, 'busy');
    let told = 0;
    while (viewer.dropped === 0 || told < 2000) {
      audience.tell(player, told++, { type: 'session.quiet' }, true);
    }
    expect(port.most).toBeLessThan(MAX_BYTES + 2048);
    expect(viewer.sent + viewer.dropped).toBeGreaterThanOrEqual(2 * told);
    const before = port.inspected.packets.length;
    const built = cast.moved({
      at: 2,
      session: 'busy',
      event: { type: 'session.built' },
      from: 'initializing.building',
      to: 'initializing.handshaking',
      effects: ['greet'],
    });
    audience.tell(built, 2, { type: 'session.built' }, true);
    expect(port.inspected.packets).toHaveLength(before);
    read(viewer);
    expect(port.inspected.packets).toHaveLength(before + 1);
    expect(port.inspected.states).toEqual({ busy: 'initializing.handshaking' });
    expect(port.inspected.named('busy')?.announced).toBe(2);
  });

  it('one that left unseen is told of all the same', () => {
    const { cast, audience, port, read } = stage();
    const viewer = audience.join(port);
    const player = open(cast, 'gone');
    audience.tell(player, 1, { type: 'session.opened' }, true);
    port.unread = 2 * MAX_BYTES;
    const last = cast.ended({ session: 'gone', reason: 'expired', ageMs: 1 });
    expect(last).toBe(player);
    audience.tell(player, 1, { type: 'session.ended' }, true);
    expect([...cast.players()]).toHaveLength(1);
    read(viewer);
    expect(port.inspected.named('gone')).toMatchObject({
      value: 'evicted',
      status: 'done',
      context: { reason: 'expired' },
    });
  });

  it('one that takes nothing for stallMs is cut, and not before', () => {
    const { clock, cast, audience, port, read } = stage();
    const viewer = audience.join(port);
    const player = open(cast, 'busy');
    const tell = (): void => audience.tell(player, 1, { type: 'session.quiet' }, true);
    port.unread = 2 * MAX_BYTES;
    tell();
    clock.advance(29_999);
    tell();
    expect(port.cuts).toBe(0);
    read(viewer);
    port.unread = 2 * MAX_BYTES;
    clock.advance(29_999);
    tell();
    expect(port.cuts).toBe(0);
    clock.advance(30_000);
    tell();
    expect(port.cuts).toBe(1);
  });

  it('one that misses more actors than there can be is cut', () => {
    const { cast, audience, port } = stage(50);
    audience.join(port);
    port.unread = 2 * MAX_BYTES;
    for (let i = 0; i < 51; i++) {
      const player = open(cast, `s${i}`);
      cast.ended({ session: `s${i}`, reason: 'terminated', ageMs: 1 });
      audience.tell(player, 1, { type: 'session.ended' }, true);
    }
    expect(port.cuts).toBe(1);
  });

  it('there is room for so many and no more', () => {
    const { audience, port } = stage();
    for (const each of [port, new SlowPort()]) audience.join(each);
    expect(() => audience.join(new SlowPort())).toThrow(/maxViewers \(2\) watch/);
    audience.leave(port);
    expect(audience.join(new SlowPort())).toBeDefined();
  });
});

describe('Cast', () => {
  it('keeps those that moved last', () => {
    const cast = new Cast('root', 3, 0, true);
    for (const session of ['a', 'b', 'c', 'd']) open(cast, session);
    expect(cast.find('a')).toBeUndefined();
    expect(cast.forgotten).toBe(1);
    const built = {
      at: 2,
      session: 'b',
      event: { type: 'session.built' },
      from: 'initializing.building',
      to: 'initializing.handshaking',
      effects: ['greet'],
    } as const;
    cast.moved(built);
    open(cast, 'e');
    expect([...cast.players()].map(({ name }) => name)).toEqual(['supervisor', 'd', 'b', 'e']);
    // It comes back where it stands.
    cast.moved({ ...built, session: 'a' });
    expect(cast.find('a')?.snapshot.value).toEqual({ initializing: 'handshaking' });
  });

  it('believes a transition, whatever it guessed of a session it did not see begin', () => {
    const cast = new Cast('root', 3, 0, true);
    // Where sleep is off an idle session ends; a guess that it may sleep would have it doze.
    cast.moved({
      at: 2,
      session: 'a',
      event: { type: 'deadline.passed' },
      from: 'idle.warm',
      to: 'closing.settling',
      effects: ['disarm', 'settle'],
    });
    expect(cast.find('a')?.snapshot.value).toEqual({ closing: 'settling' });
  });
});
