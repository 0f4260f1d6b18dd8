import { afterAll, beforeAll } from 'vitest';
import { Hub } from '../../src/processes/hub.ts';
import { engineContract } from '../cluster/engineContract.ts';
import { FaultyMemory } from '../cluster/faultyMemory.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { Relay } from './relay.ts';
import { worker } from './ways.ts';

let relay: Relay;
beforeAll(() => void (relay = new Relay()));
afterAll(() => relay.end());

engineContract('IpcEngine', async () => {
  const clock = new VirtualClock();
  const faulty = new FaultyMemory(clock);
  const hub = new Hub(faulty);
  let kept = faulty.snapshot();
  return {
    connect: () => worker(relay, hub).engine,
    pass: async (ms) => clock.advance(ms),
    wipe: async () => faulty.wipe({ isSame: true }),
    keep: async () => void (kept = faulty.snapshot()),
    failOver: async () => faulty.failOver(kept),
  };
});
