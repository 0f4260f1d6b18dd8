import { describe, expect, it } from 'vitest';
import { Backpressure } from '../../src/gateway/backpressure.ts';
import { turn } from '../support/eventually.ts';

describe('Backpressure.allTaken', () => {
  it('is undefined when nothing was said since it was last asked', async () => {
    const backpressure = new Backpressure();
    expect(backpressure.allTaken()).toBeUndefined();
    backpressure.sent(Promise.resolve());
    await backpressure.allTaken();
    expect(backpressure.allTaken()).toBeUndefined();
  });

  it('waits for all that was said', async () => {
    const backpressure = new Backpressure();
    const takers: (() => void)[] = [];
    for (let i = 0; i < 3; i++) backpressure.sent(new Promise((resolve) => takers.push(resolve)));
    let isTaken = false;
    const all = backpressure.allTaken()?.then(() => (isTaken = true));
    for (const take of takers) {
      expect(isTaken).toBe(false);
      take();
      await turn();
    }
    await all;
    expect(isTaken).toBe(true);
  });

  it('does not wait for ever: who takes nothing is for the stream limits to cut', async () => {
    const backpressure = new Backpressure(20);
    backpressure.sent(new Promise(() => {}));
    await expect(backpressure.allTaken()).resolves.toBeUndefined();
  });
});
