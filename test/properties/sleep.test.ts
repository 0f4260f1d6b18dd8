import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { seeded } from '../support/seeded.ts';
import { histories, settings } from '../support/sleepHistory/history.ts';
import type { Home } from '../support/sleepHistory/machine.ts';
import { play } from '../support/sleepHistory/play.ts';

const inMemory = (): undefined => undefined;

/** Records that outlive the processes of one history. */
function onDisk(): Home {
  const store = new DurableMemory();
  return { open: () => store, abandon: async () => {} };
}

function property(home: () => Home | undefined, most: number): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(settings, histories(most), async (setting, steps) => {
    const { broken } = await play(setting, steps, home());
    expect(broken).toEqual([]);
  });
}

describe('any history of messages, sleeps, wakes, crashes, kills and restarts', () => {
  it('in memory: nobody is lost, nobody is answered twice', async () => {
    await seeded(property(inMemory, 60), 100);
  }, 60_000);

  it('with a durable store that fails: nor by the next process', async () => {
    await seeded(property(onDisk, 60), 150);
  }, 60_000);
});
