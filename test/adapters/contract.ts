import { describe, expect, it, onTestFinished } from 'vitest';
import type { Limits } from 'mcp-actors';
import { type Generation, type Peer, peerV1, peerV2 } from './clients.ts';
import type { Door, OpenDoor } from './doors/door.ts';

/** What every adapter does, whatever a session comes through: asked by the SDK's own clients. */
export function contract(door: Door, generation: Generation): void {
  /** An open door, and a way to connect to it. The test's end closes both. */
  async function enter(
    limits: Partial<Limits> = {},
  ): Promise<{ open: OpenDoor; connect: (user?: string) => Promise<Peer> }> {
    const open = await door.open(limits);
    const peers: Peer[] = [];
    onTestFinished(async () => {
      // First what may be gone already.
      for (const peer of peers) await peer.leave().catch(() => {});
      await open.close();
    });
    const connect = async (user?: string): Promise<Peer> => {
      const name = user ?? 'anonymous';
      const peer = generation === 'v2' ? peerV2(name, open.v2(user)) : peerV1(name, open.v1(user));
      peers.push(peer);
      return await peer.connect();
    };
    return { open, connect };
  }

  describe(`${door.name}, SDK ${generation}`, () => {
    it('connects, lists and calls', async () => {
      const { connect } = await enter();
      const peer = await connect();
      expect(await peer.list()).toContain('echo');
      expect(await peer.call('echo', { text: 'hello\nworld ✓' })).toBe('hello\nworld ✓');
    });

    it('answers concurrent calls by id', async () => {
      const { connect } = await enter();
      const peer = await connect();
      const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
      const answers = await Promise.all(texts.map((text) => peer.call('echo', { text })));
      expect(answers).toEqual(texts);
    });

    it('holds no call back because another one lasts', async () => {
      const { connect } = await enter();
      const peer = await connect();
      const passing = peer.call('pass', { gate: 'one' });
      expect(await peer.call('open', { gate: 'one' })).toBe('opened one');
      expect(await passing).toBe('passed one');
    });

    it('tells progress in order, and before the answer', async () => {
      const { connect } = await enter();
      const peer = await connect();
      await peer.call('progress', { count: 30 }, { onprogress: () => {} });
      // Of what arrived: the client drops progress that is in one chunk with its answer.
      const seen = peer.arrived.slice(-31).map(({ params }) => params?.['progress']);
      expect(seen).toEqual([...Array.from({ length: 30 }, (_, i) => i + 1), undefined]);
    });

    it('asks the client: elicitation and sampling', async () => {
      const { connect } = await enter();
      const peer = await connect('alice');
      expect(await peer.call('elicit', { message: 'who?' })).toBe('accept {"name":"alice"}');
      expect(await peer.call('sample', { prompt: 'who?' })).toContain('"text":"alice"');
    });

    it('sends log messages', async () => {
      const { connect } = await enter();
      const peer = await connect();
      for (const text of ['one', 'two', 'three']) await peer.call('log', { text });
      expect(peer.heard).toEqual(['one', 'two', 'three']);
    });

    it('keeps step with a handler that awaits what it says', async () => {
      const { connect } = await enter({ maxStreamBytes: 32 * 1024, maxUnreadBytes: 64 * 1024 });
      const peer = await connect();
      expect(await peer.call('talk', { words: 300 })).toBe('said 300');
      expect(peer.arrived.filter(({ params }) => params?.['level'] === 'info')).toHaveLength(300);
    });

    it('sends what belongs to no request', async () => {
      const { connect } = await enter();
      const peer = await connect();
      expect(await peer.call('grow')).toBe('grown');
      await peer.toolsChanged;
    });

    it('stops a call that is cancelled, and goes on', async () => {
      const { connect } = await enter();
      const peer = await connect();
      const leaving = new AbortController();
      const { answer } = await peer.begin('hang', leaving.signal);
      leaving.abort();
      await expect(answer).rejects.toBeInstanceOf(Error);
      expect(await peer.call('aborted')).toBe('1');
    });

    it('refuses what is no message, and goes on', async () => {
      const { connect } = await enter();
      const peer = await connect();
      await peer.babble();
      expect(await peer.call('echo', { text: 'still here' })).toBe('still here');
    });

    it('refuses a call beyond maxInFlight, and goes on', async () => {
      const { connect } = await enter({ maxInFlight: 2 });
      const peer = await connect();
      const leaving = new AbortController();
      const hanging = [
        await peer.begin('hang', leaving.signal),
        await peer.begin('hang', leaving.signal),
      ];
      const tooMuch = peer.call('echo', { text: 'too much' });
      await expect(tooMuch).rejects.toMatchObject({ code: -32000 });
      leaving.abort();
      for (const { answer } of hanging) await expect(answer).rejects.toBeInstanceOf(Error);
      expect(await peer.call('echo', { text: 'fits' })).toBe('fits');
    });

    it('shows a handler who calls', async () => {
      const { connect } = await enter();
      const alice = await connect('alice');
      const principal = JSON.stringify([null, null, 'alice']);
      expect(JSON.parse(await alice.call('whoami'))).toEqual({ principal, client: 'alice' });
      const nobody = await connect();
      expect(JSON.parse(await nobody.call('whoami'))).toEqual({});
    });

    it('never mixes two clients up', async () => {
      const { connect } = await enter();
      const peers = [await connect('alice'), await connect('bob')];
      const rounds = Array.from({ length: 10 }, (_, i) => i);
      const work = peers.map(async (peer) => {
        const texts = rounds.map((round) => `${peer.name} ${round}`);
        const logged = Promise.all(texts.map((text) => peer.call('log', { text })));
        const asked = Promise.all(rounds.map(() => peer.call('elicit', { message: peer.name })));
        expect(await logged).toEqual(texts);
        expect(await asked).toEqual(rounds.map(() => `accept {"name":"${peer.name}"}`));
        expect([...peer.heard].toSorted(byText)).toEqual(texts);
      });
      await Promise.all(work);
    });

    it('lets everything go when clients leave, each resource once', async () => {
      const { open, connect } = await enter({ closeTimeoutMs: 50 });
      const [idle, busy] = [await connect(), await connect('alice')];
      const { answer } = await busy.begin('hang');
      const failed = answer.then(
        () => false,
        () => true,
      );
      await idle.leave();
      await busy.leave();
      expect(await failed).toBe(true);
      expect(await open.remains()).toEqual({ held: 0, released: [1, 1] });
    });

    it('finishes what is in flight when it drains, and ends', async () => {
      const { open, connect } = await enter();
      const peer = await connect();
      const { answer } = await peer.begin('linger');
      const drained = open.drain();
      expect(await answer).toBe('lingered');
      await drained;
      expect(await open.remains()).toEqual({ held: 0, released: [1] });
      await expect(peer.call('echo', { text: 'too late' })).rejects.toBeInstanceOf(Error);
    });
  });
}

function byText(a: unknown, b: unknown): number {
  return String(a).localeCompare(String(b));
}
