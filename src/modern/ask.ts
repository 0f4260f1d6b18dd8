import type { Incoming } from '../http/leg.ts';
import type { RequestMessage } from '../wire/jsonrpc.ts';
import type { ModernEnvelope, Opened } from './envelope.ts';

/** One request of the revision on its way to where it belongs. */
export interface Ask {
  readonly incoming: Incoming;
  readonly message: RequestMessage;
  readonly envelope: ModernEnvelope;
  readonly opened: Opened;
}
