import { describe, expect, it } from 'vitest';
import { ALL, type ModernAsk, ModernClient, textOf } from '../../support/modernClient.ts';
import type { Rpc } from '../../support/reply.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig } from './rig.ts';

const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
/** Between two sweeps. */
const SWEEP_MS = 60_000;

/** A client whose tool calls are tasks, and which says to which process each request goes. */
class TaskClient {
  readonly #rig: ClusterRig;
  readonly #client: ModernClient;

  constructor(rig: ClusterRig, user?: string) {
    this.#rig = rig;
    this.#client = new ModernClient(rig.door, user);
  }

  /** Has a call begin at a process, and comes back with the id of its task. */
  async begin(at: string, tool: string, text: string): Promise<string> {
    this.#rig.turnTo(at);
    const created = await this.#rig.over(this.#client.call(tool, { text }, {}, KNOWS));
    if (created.result?.['resultType'] !== 'task') throw new Error(JSON.stringify(created));
    return String(created.result['taskId']);
  }

  /** Asks a process. */
  async ask(at: string, method: string, taskId: string, more: object = {}): Promise<Rpc> {
    this.#rig.turnTo(at);
    return this.#rig.over(this.#client.ask(method, { taskId, ...more }, KNOWS), 10);
  }

  get(at: string, taskId: string): Promise<Rpc> {
    return this.ask(at, 'tasks/get', taskId);
  }

  /** Asks a process until a task has a status. */
  async until(at: string, taskId: string, status: string): Promise<Rpc> {
    for (;;) {
      const got = await this.get(at, taskId);
      const now = got.result?.['status'];
      if (now === status) return got;
      if (now !== 'working' && now !== 'input_required') throw new Error(JSON.stringify(got));
    }
  }
}

const tasks = { mode: () => 'task' as const };
const failed = {
  status: 'failed',
  error: { code: -32603, data: { code: 'session-restarted' } },
};

async function begun(make: MakeHome, options: object = {}, count = 3) {
  const rig = await ClusterRig.start(make, { tasks, ...options }, count);
  return { rig, ann: new TaskClient(rig, 'ann'), bob: new TaskClient(rig, 'bob') };
}

/** The result of a task. */
function outcomeOf({ result }: Rpc): string | undefined {
  return textOf({ result: result?.['result'] } as Rpc);
}

/** What becomes of tasks in a cluster, asked for by any of its processes. */
export function taskContract(make: MakeHome): void {
  describe('a task of a cluster', () => {
    it('is asked for, and its result fetched, by any process', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      for (const at of ['b', 'c', 'a']) {
        expect((await ann.get(at, id)).result).toMatchObject({ taskId: id, status: 'working' });
      }
      rig.gates.open('gate');
      expect(outcomeOf(await ann.until('b', id, 'completed'))).toBe('held gate');
      for (const at of ['c', 'a']) expect(outcomeOf(await ann.get(at, id))).toBe('held gate');
      expect(rig.begun).toEqual(['a hold']);
    });

    it('is its principal’s alone, by whichever process', async () => {
      const { rig, ann, bob } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      for (const at of ['a', 'b']) {
        for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
          expect((await bob.ask(at, method, id)).error).toMatchObject({ code: -32602 });
        }
      }
      expect((await ann.get('b', id)).result).toMatchObject({ status: 'working' });
      rig.gates.open('gate');
      await ann.until('a', id, 'completed');
      expect((await bob.get('b', id)).error).toMatchObject({ code: -32602 });
      expect((await ann.get('c', 'unknown')).error).toMatchObject({ code: -32602 });
    });

    it('is cancelled by any process: its handler stops', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      expect((await ann.ask('b', 'tasks/cancel', id)).result).toBeDefined();
      for (const at of ['c', 'b', 'a']) {
        expect((await ann.get(at, id)).result).toMatchObject({ status: 'cancelled' });
      }
      // The handler has left its gate.
      await rig.until(() => rig.living.every(({ runtime }) => runtime.stats().inFlight === 0));
    });

    it('asks, and is answered, by any process', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'askLater', 'gate');
      rig.gates.open('gate');
      const asking = await ann.until('b', id, 'input_required');
      const [key] = Object.keys(asking.result!['inputRequests'] as object);
      const inputResponses = { [key!]: { action: 'accept', content: {} } };
      expect((await ann.ask('c', 'tasks/update', id, { inputResponses })).error).toBeUndefined();
      expect(outcomeOf(await ann.until('b', id, 'completed'))).toBe('accept');
      expect(rig.begun).toEqual(['a askLater']);
    });

    it('that is over is answered by the others when its process has died', async () => {
      const { rig, ann, bob } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      rig.gates.open('gate');
      await ann.until('a', id, 'completed');
      rig.process('a').kill();
      for (const at of ['b', 'c', 'b']) {
        expect(outcomeOf(await ann.get(at, id))).toBe('held gate');
        expect((await bob.get(at, id)).error).toMatchObject({ code: -32602 });
      }
    });

    it('that ran when its process died has failed, for good, and is not run again', async () => {
      const { rig, ann, bob } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      rig.process('a').kill();
      // The lease lasts: nobody can say yet. What waits is answered when it is over.
      for (const at of ['b', 'c']) expect((await ann.get(at, id)).result).toMatchObject(failed);
      expect((await bob.get('b', id)).error).toMatchObject({ code: -32602 });
      expect((await ann.ask('c', 'tasks/cancel', id)).error).toBeUndefined();
      expect((await ann.get('b', id)).result).toMatchObject(failed);
      expect(rig.begun).toEqual(['a hold']);
    });

    it('that ran in a process which was cut off is failed for that process, too', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      expect((await ann.get('b', id)).result).toMatchObject(failed);
      joined.mend();
      await rig.until(() => runtime.isReady);
      // The handler is stopped, and what it says nobody hears.
      await rig.until(() => runtime.stats().inFlight === 0);
      rig.gates.open('gate');
      for (const at of ['a', 'c']) expect((await ann.get(at, id)).result).toMatchObject(failed);
    });

    it('that ends while its process is cut off is failed, where another said so', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      rig.gates.open('gate');
      await rig.until(() => runtime.stats().inFlight === 0);
      expect((await ann.get('b', id)).result).toMatchObject(failed);
      joined.mend();
      await rig.until(() => runtime.isReady);
      for (const at of ['a', 'c']) expect((await ann.get(at, id)).result).toMatchObject(failed);
    });

    it('that ends while its process is cut off is stored then, where nobody has asked', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      const { joined, runtime } = rig.process('a');
      joined.cut();
      await rig.home.pass(rig.home.leaseMs + 100);
      rig.gates.open('gate');
      await rig.until(() => runtime.stats().inFlight === 0);
      joined.mend();
      await rig.until(() => runtime.isReady);
      for (const at of ['a', 'c']) {
        expect(outcomeOf(await ann.until(at, id, 'completed'))).toBe('held gate');
      }
    });

    it('of a process that left is over: its call was cut at the deadline', async () => {
      const { rig, ann } = await begun(make);
      const ids = [await ann.begin('a', 'hold', 'one'), await ann.begin('a', 'hold', 'two')];
      rig.gates.open('one');
      await ann.until('a', ids[0]!, 'completed');
      await rig.over(rig.process('a').host.close({ deadlineMs: 50 }));
      rig.process('a').isAway = true;
      expect(outcomeOf(await ann.get('b', ids[0]!))).toBe('held one');
      expect((await ann.get('c', ids[1]!)).result).toMatchObject({ status: 'failed' });
    });

    it('is written again where the engine has forgotten everything', async () => {
      const { rig, ann } = await begun(make);
      const [over, runs] = [
        await ann.begin('a', 'hold', 'one'),
        await ann.begin('a', 'hold', 'two'),
      ];
      rig.gates.open('one');
      await ann.until('a', over, 'completed');
      await rig.home.wipe();
      await rig.home.pass(rig.home.leaseMs * 2);
      expect(outcomeOf(await ann.until('b', over, 'completed'))).toBe('held one');
      expect((await ann.get('c', runs)).result).toMatchObject({ status: 'working' });
    });

    it('is asked for two hundred times at once when its process died, and fails once', async () => {
      const { rig, ann } = await begun(make);
      const id = await ann.begin('a', 'hold', 'gate');
      rig.process('a').kill();
      const client = new ModernClient(rig.door, 'ann');
      const asked = Array.from({ length: 200 }, () =>
        client.ask('tasks/get', { taskId: id }, KNOWS),
      );
      const answers = await rig.over(Promise.all(asked), 10);
      expect(new Set(answers.map(({ result }) => result?.['status']))).toEqual(new Set(['failed']));
      const times = answers.map(({ result }) => result?.['lastUpdatedAt']);
      expect(new Set(times).size).toBe(1);
    });
  });
}

/** What only a clock of the test's own can show. */
export function taskTimeContract(make: MakeHome): void {
  describe('a task of a cluster, when its time is up', () => {
    it('is forgotten, whether or not its process lives', async () => {
      const { rig, ann } = await begun(make, { tasks: { ...tasks, ttlMs: 60_000 } });
      const [left, kept] = [
        await ann.begin('a', 'hold', 'one'),
        await ann.begin('b', 'hold', 'two'),
      ];
      rig.gates.open('one');
      rig.gates.open('two');
      await ann.until('a', left, 'completed');
      await ann.until('b', kept, 'completed');
      expect(await rig.home.stored('tasks')).toBe(2);
      rig.process('a').kill();
      await rig.home.pass(60_000 + SWEEP_MS + 1000);
      await rig.until(() => rig.living.every(({ runtime }) => runtime.isReady));
      for (const id of [left, kept]) {
        expect((await ann.get('b', id)).error).toMatchObject({ code: -32602 });
      }
      expect(await rig.home.stored('tasks')).toBe(0);
    });

    it('keeps a result that is too large for the cluster in its process alone', async () => {
      const { rig, ann } = await begun(make, { cluster: { maxRecordBytes: 20_000 } });
      const text = 'x'.repeat(30_000);
      const large = await ann.begin('a', 'hold', text);
      rig.gates.open(text);
      for (const at of ['a', 'b']) {
        expect(outcomeOf(await ann.until(at, large, 'completed'))).toBe(`held ${text}`);
      }
      rig.process('a').kill();
      expect((await ann.get('b', large)).result).toMatchObject(failed);
    });
  });
}
