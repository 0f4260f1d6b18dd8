import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { UserCode } from './userCode.ts';

/** An event store of the SDK, in memory and in whatever manner. */
export function simEventStore(user: UserCode): EventStore {
  const events: { readonly stream: string; readonly message: unknown }[] = [];
  return {
    async storeEvent(stream, message) {
      await user.later('eventStore');
      events.push({ stream, message });
      return String(events.length);
    },
    async replayEventsAfter(last, { send }) {
      await user.later('eventStore');
      const { stream } = events[Number(last) - 1]!;
      for (const [i, each] of events.entries()) {
        if (each.stream !== stream || i < Number(last)) continue;
        await send(String(i + 1), each.message as Parameters<typeof send>[1]);
      }
      return stream;
    },
  };
}
