import type { SessionRecord } from '../../src/store/record.ts';

/** A record as a client's handshake leaves it; its name follows from its id. */
export function sessionRecord(over: Partial<SessionRecord> = {}): SessionRecord {
  const id = over.id ?? 'session';
  return {
    id,
    key: `key of ${id}`,
    principal: undefined,
    confirmed: true,
    handshake: {
      initialize: {
        protocolVersion: '2025-11-25',
        clientInfo: { name: 'client', version: '1.0.0' },
        capabilities: { sampling: {} },
      },
      protocolVersion: '2025-11-25',
      initialized: true,
      level: undefined,
      subscriptions: [],
    },
    epoch: 1,
    startedAt: 1000,
    expiresAt: 2000,
    state: { count: 0 },
    stateVersion: 1,
    locals: undefined,
    kept: undefined,
    asked: [],
    asleep: true,
    standalone: 0,
    ...over,
  };
}
