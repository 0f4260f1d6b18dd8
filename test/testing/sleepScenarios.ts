import { eventually } from '../support/eventually.ts';
import { request } from '../support/rawClient.ts';
import type { Scenario, Stage } from './stage.ts';

const MINUTE = 60_000;

/** Falls asleep, and wakes on a call. */
async function sleepAndCall({ raw, clock }: Stage): Promise<void> {
  await raw.connect();
  await clock.elapse(6 * MINUTE);
  await raw.ask(request(1, 'tools/list'));
}

/** A stream comes and goes, then nobody comes any more. */
function visit(attached: string, detached: string): Scenario['play'] {
  return async ({ raw, clock, walked }) => {
    await raw.connect();
    await clock.elapse(6 * MINUTE);
    const stream = await raw.get();
    await walked(attached);
    stream.leave();
    await walked(detached);
    await clock.elapse(60 * MINUTE);
  };
}

/** What a session can go through on its way into its sleep, in it, and out of it. */
export const SLEEP_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a session that sleeps and wakes': {
    walks: [
      'session.idle.warm deadline.passed 1',
      'session.idle.dozing session.slept 0',
      'session.idle.asleep message.arrived 0',
    ],
    play: sleepAndCall,
  },
  'a session that sleeps, is listened to in its sleep, and is never woken': {
    walks: [
      'session.idle.asleep stream.attached 0',
      'session.idle.asleep stream.detached 0',
      'session.idle.asleep deadline.passed 0',
    ],
    play: visit('session.idle.asleep stream.attached 0', 'session.idle.asleep stream.detached 0'),
  },
  'a session that owns something and is used again': {
    options: { owns: true },
    walks: ['session.idle.dozing sleep.refused 0', 'session.idle.pinned message.arrived 0'],
    play: sleepAndCall,
  },
  'a session that owns something, is listened to, and is not used again': {
    options: { owns: true },
    walks: [
      'session.idle.pinned stream.attached 0',
      'session.idle.pinned stream.detached 0',
      'session.idle.pinned deadline.passed 0',
    ],
    play: visit('session.idle.pinned stream.attached 0', 'session.idle.pinned stream.detached 0'),
  },
  'a message that comes while it is being stored': {
    // Longer than the clock is turned, so that it is still being asked when the message comes.
    options: { onSleep: () => new Promise(() => {}), closeTimeoutMs: 10 * MINUTE },
    walks: ['session.idle.dozing message.arrived 0'],
    play: sleepAndCall,
  },
  'a runtime that is closed': {
    walks: ['supervisor.accepting supervisor.close 0'],
    play: ({ runtime }) => runtime.close(),
  },
  'a runtime that is closed while it drains': {
    walks: ['supervisor.draining supervisor.close 0'],
    async play({ raw, runtime, clock }) {
      await raw.connect();
      const held = raw.ask(request(1, 'hold'));
      await eventually(() => runtime.stats().inFlight === 1);
      const drained = runtime.drain({ deadlineMs: MINUTE });
      const closed = runtime.close();
      await clock.elapse(1);
      await Promise.all([closed, drained, held]);
    },
  },
};
