import { describe, expect, it } from 'vitest';
import { startExample } from '../support/example.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

describe('examples/express.ts', () => {
  it('knows who calls from the `req.auth` its middleware set', async () => {
    const url = await startExample('express.ts');
    const [alice, bob] = [sdkV1(), sdkV2()];
    await connect(alice, url, bearer('token-of-alice'));
    await connect(bob, url, bearer('token-of-bob'));

    expect(await callText(alice, 'whoami')).toBe('alice');
    expect(await callText(bob, 'whoami')).toBe('bob');
  });

  it('opens nothing without a token, and no session for another principal (S7)', async () => {
    const url = await startExample('express.ts');
    await expect(connect(sdkV1(), url)).rejects.toMatchObject({ code: 401 });

    const client = sdkV1();
    const { sessionId } = await connect(client, url, bearer('token-of-alice'));
    const call = async (token: string): Promise<number> => {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          ...bearer(token),
          'mcp-session-id': sessionId ?? '',
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        body: '{"jsonrpc":"2.0","id":"x","method":"ping"}',
      });
      return response.status;
    };
    expect(await call('token-of-bob')).toBe(404);
    expect(await call('token-of-alice')).toBe(200);
  });
});
