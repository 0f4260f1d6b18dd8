import { once } from 'node:events';
import { httpDriver, walkModel } from 'mcp-actors/testing';
import { expect, it } from 'vitest';
import { startSdkRecipe } from './sdkRecipe.ts';

it('httpDriver drives a server that is none of ours, and finds what it is known for', async () => {
  const recipe = await startSdkRecipe();
  const driver = httpDriver({
    name: 'a map of SDK transports',
    url: recipe.url,
    quick: { name: 'quick' },
    slow: {
      name: 'slow',
      begun: async () => void (await once(recipe.gate, 'begun')),
      finish: () => void recipe.gate.emit('finish'),
    },
    notice: { name: 'notice' },
    instance: { name: 'instance' },
    timeoutMs: 2000,
    without: {
      time: 'it has no limits in time',
      questions: 'test',
      principals: 'it knows nobody',
      eviction: 'its host ends no session',
    },
  });
  const report = await walkModel(driver);
  recipe.close();
  const failed = report.failures.map(({ path }) => `${path.at(-1)?.from} ${path.at(-1)?.event}`);
  expect(failed.toSorted()).toEqual(['calling call.cancel', 'listening.calling call.cancel']);
});
