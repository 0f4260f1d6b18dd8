import type { NodeState } from '../../machines/node.ts';

/** Why a process has not begun a request that another one has sent on. A closed set. */
export const NOT_BEGUN = ['moved', 'draining', 'busy', 'suspended'] as const;
export type NotBegun = (typeof NOT_BEGUN)[number];

/** Why what came from another process, or was to go there, went no further. A closed set. */
export const MESSAGE_REFUSALS = [
  /** no message of a process, or one of another version */
  'malformed',
  /** sealed with a secret that this process does not have */
  'unknown-secret',
  /** changed on the way, or for another process or cluster, or under another's name */
  'forged',
  /** not newer than the last message of its sender */
  'replayed',
  /** longer than any message may be */
  'too-large',
  /** of this process's own: no JSON, or too long for any message */
  'unsendable',
] as const;
export type MessageRefusal = (typeof MESSAGE_REFUSALS)[number];

/** The ways of messages between processes. A closed set. */
export const WAYS = ['memory', 'ipc', 'redis', 'direct'] as const;
export type Way = (typeof WAYS)[number];

/** What has gone one way between this process and all others, as it is sealed. */
export interface Traffic {
  readonly way: Way;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What this process has asked of the engine. */
export interface EngineStats {
  /** Questions that were answered. */
  readonly answered: number;
  /** Questions that got no answer, or a refusal. */
  readonly failed: number;
  /**
   * Of the last 512 answers, the time that half of them took at most, in milliseconds; `undefined`
   * before the first.
   */
  readonly p50Ms: number | undefined;
  /** The same, of 99 in 100. */
  readonly p99Ms: number | undefined;
  /** Connections that were lost and are back, and servers that have become another one. */
  readonly reconnects: number;
}

/** A process of a cluster: a copy. Counts since the runtime began, unless said otherwise. */
export interface ClusterStats {
  /** The name of this process. */
  readonly node: string;
  /** Now. */
  readonly state: NodeState;
  /** Now: how long this process counts on its lease, in milliseconds; 0: it has none. */
  readonly leaseLeftMs: number;
  /**
   * Now: for how long yet nobody is believed that a session is nobody's, because the engine has become
   * another server; 0: no such time.
   */
  readonly graceLeftMs: number;
  /** Now: sessions that are this process's. */
  readonly owned: number;
  /** Now: requests of this process's clients that other processes answer. */
  readonly forwarding: number;
  /** Now: requests of other processes' clients that this process answers. */
  readonly serving: number;
  /** Requests of this process's clients that were sent on: each once, however many ways it went. */
  readonly forwarded: number;
  /** Streams that this process resumed for its clients at the next owner. */
  readonly resumed: number;
  /** Requests of other processes' clients that were begun here. */
  readonly served: number;
  /** Requests of other processes' clients that were not begun here, by why. */
  readonly notBegun: Readonly<Record<NotBegun, number>>;
  /** Sessions that went on here because their process had died, or could not be heard. */
  readonly takeovers: number;
  /**
   * Sessions laid down here because all their requests came by one other process. One whose `onSleep`
   * refuses, or that gets a request just then, stays.
   */
  readonly followed: number;
  /** Sessions that other processes went on with while this one still had them. */
  readonly lost: number;
  /** Sessions of this process that the engine was told of again. */
  readonly reasserted: number;
  /** Clients that were told that nobody knows what became of their request: `session-moved`. */
  readonly unsure: number;
  /** Looks for sessions that were held back for longer than a request waits. */
  readonly quarantined: number;
  /** Messages between processes that went no further, by why. */
  readonly messagesRefused: Readonly<Record<MessageRefusal, number>>;
  readonly engine: EngineStats;
  /** Each way that this process has. */
  readonly links: readonly Traffic[];
}
