import type { StatelyPacket } from 'mcp-actors/stately';

/** What a viewer knows of one actor. */
export interface InspectedActor {
  readonly name: string;
  readonly parentId: string | undefined;
  readonly definition: unknown;
  announced: number;
  value: unknown;
  context: object;
  status: string;
  readonly events: { readonly type: string }[];
}

/** Puts together what Stately's inspector would, and holds the wire to its word. */
export class Inspected {
  readonly actors = new Map<string, InspectedActor>();
  readonly packets: StatelyPacket[] = [];
  readonly faults: string[] = [];

  readonly take = (packet: StatelyPacket): void => {
    this.packets.push(packet);
    const known = this.actors.get(packet.sessionId);
    if (packet.type !== '@xstate.actor') {
      if (known === undefined) this.faults.push(`${packet.type} before its actor`);
      if (packet.type === '@xstate.event') known?.events.push(packet.event);
      else Object.assign(known ?? {}, partsOf(packet.snapshot));
      return;
    }
    if (packet.parentId !== undefined && !this.actors.has(packet.parentId)) {
      this.faults.push('an actor before its parent');
    }
    this.actors.set(packet.sessionId, {
      name: packet.name,
      parentId: packet.parentId,
      definition: JSON.parse(packet.definition),
      announced: (known?.announced ?? 0) + 1,
      events: known?.events ?? [],
      ...partsOf(packet.snapshot),
    });
  };

  get root(): InspectedActor | undefined {
    return [...this.actors.values()].find(({ parentId }) => parentId === undefined);
  }

  named(name: string): InspectedActor | undefined {
    return [...this.actors.values()].find((actor) => actor.name === name);
  }

  /** The path of each session's state, by its key. */
  get states(): Record<string, string> {
    const sessions = [...this.actors.values()].filter(({ parentId }) => parentId !== undefined);
    return Object.fromEntries(sessions.map(({ name, value }) => [name, pathOf(value)]));
  }
}

function partsOf({ value, context, status }: { value: unknown; context: object; status: string }) {
  return { value, context, status };
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as object)
    .map(([parent, child]) => `${parent}.${child as string}`)
    .join();
}
