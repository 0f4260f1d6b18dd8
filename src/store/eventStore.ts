import type { SdkMessage } from '../wire/sdkTransport.ts';

/** An event store of the SDK, v1 or v2, by structure. */
export interface EventStore {
  /** @returns the id of the event that was stored */
  storeEvent(streamId: string, message: SdkMessage): Promise<string>;
  /** Sends what was stored after an event, in order. @returns the id of the event's stream */
  replayEventsAfter(
    lastEventId: string,
    to: { readonly send: (eventId: string, message: SdkMessage) => Promise<void> },
  ): Promise<string>;
}
