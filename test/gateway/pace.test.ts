import { describe, expect, it } from 'vitest';
import { isBehind, untilRead } from '../../src/gateway/pace.ts';
import type { ServerTransport } from '../../src/transport.ts';

function transportWith(unread: () => number): ServerTransport {
  return {
    get unread() {
      return unread();
    },
  } as ServerTransport;
}

describe('untilRead', () => {
  it('waits until the client has caught up', async () => {
    let looks = 0;
    const transport = transportWith(() => (++looks < 10 ? 1e6 : 0));
    expect(isBehind(transport)).toBe(true);
    await untilRead(transport);
    expect(looks).toBeGreaterThanOrEqual(10);
    expect(isBehind(transport)).toBe(false);
  });

  it('does not wait for ever: who reads nothing is for the stream limits to cut', async () => {
    const transport = transportWith(() => 1e6);
    await untilRead(transport, 30);
    expect(isBehind(transport)).toBe(true);
  });
});
