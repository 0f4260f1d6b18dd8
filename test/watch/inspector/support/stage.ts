import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import type { InspectorOptions } from 'mcp-actors/inspector';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { openDoor } from '../../../support/door.ts';
import { Fixture } from '../../../support/fixture.ts';
import { RawClient, type RawClientOptions } from '../../../support/rawClient.ts';
import { becomes, openPage } from './browser.ts';
import { inspect } from './inspect.ts';

/** A runtime on the host's own clock, real clients, and a page that looks at it. */
export interface Stage {
  readonly runtime: Runtime;
  readonly gates: Fixture['gates'];
  readonly page: Page;
  readonly url: string;
  readonly connect: (options?: RawClientOptions) => Promise<RawClient>;
  /** The loggable key of a client's session. */
  readonly keyOf: (client: RawClient) => Promise<string>;
}

export async function openStage(
  options: Partial<RuntimeOptions<unknown>> = {},
  inspector: InspectorOptions = {},
  look: Parameters<typeof openPage>[1] = {},
): Promise<Stage> {
  const fixture = new Fixture();
  const runtime = createRuntime<unknown>({
    server: fixture.factory,
    principal: (_authInfo, { headers }) => headers['x-user']?.toString(),
    closeTimeoutMs: 200,
    ...options,
  });
  const door = await openDoor('node http', runtime);
  onTestFinished(() => door.close());
  const { url } = await inspect(runtime, inspector);
  const page = await openPage(url, look);
  await becomes(page, 'live');
  return {
    runtime,
    gates: fixture.gates,
    page,
    url,
    connect: (of) => new RawClient(door, of).connect(),
    async keyOf({ sessionId }) {
      const { sessions } = await runtime.list({ limit: 1000 });
      return sessions.find(({ id }) => id === sessionId)!.key;
    },
  };
}
