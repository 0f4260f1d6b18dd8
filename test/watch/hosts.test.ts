import { record, replay } from 'mcp-actors/recorder';
import { createStatelyBridge } from 'mcp-actors/stately';
import { expect, it } from 'vitest';
import { Inspected } from '../support/inspected.ts';
import { LOCAL, openHost } from '../support/openHost.ts';

it('a host of scopes is recorded and shown as a runtime is', async () => {
  const host = openHost(() => ({}));
  let text = '';
  const write = (more: string): void => void (text += more);
  const recording = await record(host, { write });
  const bridge = createStatelyBridge(host);
  const seen = new Inspected();
  bridge.attach(seen.take);
  const { token } = await host.enter(LOCAL);
  await host.close();
  await recording.close();
  await bridge.close();
  expect(Object.values(seen.states)).toEqual(['evicted']);
  expect(seen.root?.value).toBe('closed');
  expect(seen.faults).toEqual([]);
  expect(JSON.stringify(seen.packets) + text).not.toContain(token);
  const result = await replay(text.trimEnd().split('\n'));
  expect(result).toMatchObject({ difference: undefined, sessions: 1, end: 'closed' });
});
