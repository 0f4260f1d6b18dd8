import { ActorsError } from '../../base/errors.ts';
import type { SessionFeature } from '../sessionModel.ts';

/** A tool of the server under test, and what it is called with. */
export interface ToolCall {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** A tool that lasts until it is told to finish. */
export interface SlowTool extends ToolCall {
  /** Lets the call that runs finish. */
  readonly finish: () => void | Promise<void>;
  /**
   * Resolves when the handler of the call that was just made runs. Without it, the tool must say
   * something of its call first, such as progress or a log message.
   */
  readonly begun?: () => void | Promise<void>;
}

/** How the time of the server under test is moved. */
export interface TimeControl {
  /** Moves it on, and returns when what falls due is done. */
  readonly advance: (ms: number) => void | Promise<void>;
  /** Long enough for a session to count as idle, and too short to end it. */
  readonly restMs: number;
  /** Long enough to end any session that nothing keeps. */
  readonly expireMs: number;
  /** How long a session that was ended may let its work in flight go on. @default 60 s */
  readonly settleMs?: number;
}

/**
 * What an {@link httpDriver} needs of a server. What can not be given is named in `without`, with
 * the reason: there is no third way, so nothing is left out unseen.
 */
export interface HttpDriverOptions {
  /** Of its endpoint. */
  readonly url: string | URL;
  /** For reports. @default the URL */
  readonly name?: string;
  /** @default '2025-11-25' */
  readonly protocolVersion?: string;
  /** Sent with everything, such as credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A tool that answers at once. */
  readonly quick: ToolCall;
  readonly slow?: SlowTool;
  /** A tool that asks its client something, and answers when it is answered. */
  readonly ask?: ToolCall & {
    /** What it is answered. @default an accepted elicitation */
    readonly answer?: Readonly<Record<string, unknown>>;
  };
  /** A tool that makes the server say something that belongs to no call. */
  readonly notice?: ToolCall;
  /** A tool whose text is another one for each server instance that was built. */
  readonly instance?: ToolCall;
  /** Headers that make a request another principal's. */
  readonly foreign?: Readonly<Record<string, string>>;
  readonly time?: TimeControl;
  /** Ends a session as its host does. */
  readonly evict?: (sessionId: string) => void | Promise<void>;
  /** What this server has not, or this test can not do, and why. */
  readonly without?: Readonly<Partial<Record<SessionFeature, string>>>;
  /** Longest wait for anything the server is to do, in real time. @default 10 s */
  readonly timeoutMs?: number;
}

/** Which option gives a feature; features that take none are there unless they are left out. */
const GIVEN_BY = {
  time: 'time',
  slow: 'slow',
  questions: 'ask',
  notices: 'notice',
  instances: 'instance',
  principals: 'foreign',
  eviction: 'evict',
} as const satisfies Partial<Record<SessionFeature, keyof HttpDriverOptions>>;

/** @throws ActorsError `bad-option` where a feature is neither given nor left out, or both */
export function checkOptions(options: HttpDriverOptions): void {
  const { without = {} } = options;
  for (const [feature, option] of Object.entries(GIVEN_BY)) {
    const isGiven = options[option] !== undefined;
    const isLeftOut = without[feature as keyof typeof GIVEN_BY] !== undefined;
    if (isGiven !== isLeftOut) continue;
    const fault = isGiven
      ? `both ${option} and without.${feature} are given`
      : `give ${option}, or say in without.${feature} why not`;
    throw new ActorsError('bad-option', `httpDriver: ${fault}`);
  }
}
