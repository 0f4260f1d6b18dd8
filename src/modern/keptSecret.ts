import { dataRecord, NEVER } from '../store/record.ts';
import type { SessionStore } from '../store/store.ts';

const ID = 'secret';
const BYTES = 32;

/**
 * The secret that a durable store keeps: made once, and the same for each process with the store.
 *
 * @param now in milliseconds since the epoch
 * @throws whatever the store fails with
 */
export async function keptSecret(part: SessionStore, now: number): Promise<string> {
  const found = await part.get(ID);
  if (typeof found?.state === 'string') return found.state;
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  const secret = btoa(String.fromCharCode(...bytes));
  const record = dataRecord({
    id: ID,
    key: ID,
    principal: undefined,
    home: ID,
    startedAt: now,
    expiresAt: NEVER,
    state: secret,
  });
  await part.write([{ type: 'put', record }]);
  return secret;
}
