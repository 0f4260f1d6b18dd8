import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Upload } from '../../src/http/upload.ts';
import { UploadBudget } from '../../src/http/uploadBudget.ts';
import type { SessionActor } from '../../src/session/sessionActor.ts';
import { Arrivals } from '../../src/session/arrivals.ts';
import type { RefusalCode } from '../../src/wire/refusals.ts';
import { servicesOf } from '../support/servicesOf.ts';

const LIMITS = {
  maxBodyBytes: 400,
  maxInitializeBytes: 100,
  maxQueueBytes: 500,
  maxQueueTotalBytes: 1000,
};

const NOWHERE = { at: 'nowhere', refusal: 'session-not-found', reason: undefined } as const;

/** As much of a session as an upload touches. */
function fakeSession() {
  const arrivals = new Arrivals({
    services: { limits: { ...LIMITS, maxInFlight: 8 } },
    world: { early: undefined, heldUp: () => undefined },
  } as never);
  const mailbox = {
    upload: () => arrivals.upload(),
    uploaded: (number: number) => arrivals.uploaded(number),
    uploading: (bytes: number, own: number) => arrivals.uploading(bytes, own),
  };
  const actor = { at: 'here', arrival: 'dispatch', mailbox, journal: { tripped: () => {} } };
  // An upload reads nothing else of a session.
  return { arrivals, actor: actor as unknown as SessionActor };
}

function setUp() {
  const services = servicesOf(LIMITS);
  const budget = new UploadBudget(services);
  const sessions = [fakeSession(), fakeSession(), fakeSession()];
  const open = new Set<{ readonly upload: Upload; answer?: Body }>();
  type Body = RefusalCode | 'whole' | undefined;

  /** A body for one of three sessions, or for none; read as an adapter does it. */
  function begin(principal: string, of: number) {
    const session = sessions[of]?.actor;
    const host = {
      services,
      uploads: budget,
      seek: () => NOWHERE,
      failed: () => 'internal-error' as const,
    };
    const one = {
      upload: new Upload(host, undefined, principal, 0, session),
      answer: undefined as Body,
    };
    const finish = (answer: Body): void => {
      if (one.answer !== undefined) return;
      one.answer = answer;
      one.upload.arrived();
      const { number } = one.upload;
      if (number !== undefined) one.upload.session?.mailbox.uploaded(number);
      open.delete(one);
    };
    one.upload.onCut = finish;
    open.add(one);
    return {
      one,
      finish,
      part(bytes: number) {
        if (one.answer !== undefined) return;
        const verdict = one.upload.grew(bytes);
        if (typeof verdict === 'string') finish(verdict);
      },
    };
  }
  return { services, sessions, open, begin };
}

describe('UploadBudget', () => {
  it('cuts the oldest of whoever has most, to three quarters, and nobody else', () => {
    const { services, begin } = setUp();
    const all = [0, 1, 2, 0].map((of) => begin('mallory', of));
    const alice = begin('alice', 1);
    for (const each of all.slice(0, 3)) each.part(240);
    alice.part(200);
    all[3]!.part(90);
    expect(all.map(({ one }) => one.answer)).toEqual([
      'upload-refused',
      'upload-refused',
      undefined,
      undefined,
    ]);
    expect(alice.one.answer).toBeUndefined();
    expect(services.counters.bytesIn.bodies).toBe(240 + 200 + 90);
    expect(services.counters.limits).toEqual({ maxQueueTotalBytes: 2 });
  });

  it('has nothing left of any upload, however it ended, and never held more than its limit', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3), fc.array(fc.nat(220)), fc.boolean()),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (bodies) => {
        const { services, sessions, open, begin } = setUp();
        const ends: (() => void)[] = [];
        for (const [principal, of, parts, ends_] of bodies) {
          const body = begin(principal, of);
          for (const bytes of parts) {
            body.part(bytes);
            expect(services.counters.bytesIn.bodies).toBeLessThanOrEqual(LIMITS.maxQueueTotalBytes);
            const counted = [...open].reduce((sum, { upload }) => sum + upload.bytes, 0);
            expect(services.counters.bytesIn.bodies).toBe(counted);
          }
          if (ends_) body.finish('whole');
          else ends.push(() => body.finish('whole'));
        }
        for (const end of ends) end();
        expect(services.counters.bytesIn.bodies).toBe(0);
        expect(sessions.map(({ arrivals }) => arrivals.bytes)).toEqual([0, 0, 0]);
        expect(sessions.every(({ arrivals }) => arrivals.isEmpty)).toBe(true);
      }),
    );
  });
});
