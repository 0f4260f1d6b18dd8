import {
  type HttpDriverOptions,
  sessionModel,
  walkModel,
  type WalkReport,
} from 'mcp-actors/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Actor } from '../../src/actor/actor.ts';
import { Outgoing } from '../../src/session/outgoing.ts';
import { SessionActor } from '../../src/session/sessionActor.ts';
import type { ResponseMessage } from '../../src/wire/jsonrpc.ts';
import { startProbedRuntime } from './probedRuntime.ts';

afterEach(() => vi.restoreAllMocks());

/** Walks the model over HTTP on the real runtime, as it is patched now. */
async function walk(driverOptions: Partial<HttpDriverOptions> = {}): Promise<WalkReport> {
  const ours = await startProbedRuntime({}, driverOptions);
  try {
    return await walkModel(ours.driver);
  } finally {
    await ours.close();
  }
}

/** A method as it is before it is patched. */
function methodOf<T extends object, N extends keyof T>(prototype: T, name: N): T[N] {
  return prototype[name];
}

/** The edges that failed: the state they leave, and the event. */
function failed({ failures }: WalkReport): string[] {
  return failures.map(({ path }) => `${path.at(-1)?.from} ${path.at(-1)?.event}`);
}

describe('walkModel', () => {
  it('finds nothing in the runtime as it is', async () => {
    const report = await walk();
    expect(String(report)).not.toContain('FAILED');
    expect(report.coverage.isComplete).toBe(true);
  });

  it('finds an eviction with work in flight', async () => {
    vi.spyOn(SessionActor.prototype, 'references', 'get').mockReturnValue(0);
    // What it leaves without an answer need not be waited for long.
    const report = await walk({ timeoutMs: 2000 });
    expect(failed(report).toSorted()).toEqual([
      'asked time.expire',
      'calling time.expire',
      'listening.asked question.answer',
      'listening.calling call.finish',
    ]);
    expect(String(report)).toContain(
      'expected  the session to be there: 200 to a ping\n  seen      404',
    );
  });

  it('finds a DELETE that keeps the session', async () => {
    const close = methodOf(Actor.prototype, 'close');
    vi.spyOn(Actor.prototype, 'close').mockImplementation(function (this: Actor, reason) {
      if (reason !== 'terminated') close.call(this, reason);
    });
    const report = await walk();
    const deletions = sessionModel.edges.filter(
      ({ event, expects }) => event === 'session.delete' && expects === 'ends',
    );
    expect(failed(report).toSorted()).toEqual(
      deletions.map(({ from, event }) => `${from} ${event}`).toSorted(),
    );
    expect(String(report)).toContain('expected  404: the session is over\n  seen      200');
  });

  it('finds a second server on concurrent wake', async () => {
    const accept = methodOf(SessionActor.prototype, 'accept');
    vi.spyOn(SessionActor.prototype, 'accept').mockImplementation(function (
      this: SessionActor,
      envelope,
    ) {
      // Whoever comes while it wakes does not wait, but wakes it again.
      if (this.path === 'initializing.waking') this.incarnations.rebuild();
      return accept.call(this, envelope);
    });
    const report = await walk({ timeoutMs: 2000 });
    expect(failed(report)).toEqual(['resting call.pair', 'listening.resting call.pair']);
    expect(String(report)).toContain('expected  the end of the response\n  seen      no response');
  });

  it('finds a foreign answer that is accepted', async () => {
    const ask = methodOf(Outgoing.prototype, 'ask');
    const receive = methodOf(Outgoing.prototype, 'receive');
    const asking: Outgoing[] = [];
    vi.spyOn(Outgoing.prototype, 'ask').mockImplementation(function (this: Outgoing, ...args) {
      asking.push(this);
      ask.apply(this, args);
    });
    vi.spyOn(Outgoing.prototype, 'receive').mockImplementation(function (this: Outgoing, message) {
      // Whoever has an open question gets the answer, whosever it is.
      const isOwn = this.asked((message as ResponseMessage).id) !== undefined;
      receive.call(isOwn ? this : (asking.at(-1) ?? this), message);
    });
    const report = await walk();
    expect(failed(report).toSorted()).toEqual([
      'asked question.usurp',
      'listening.asked question.usurp',
    ]);
    expect(String(report)).toContain('expected  the call to be in flight\n  seen      200');
  });
});
