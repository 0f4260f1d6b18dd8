import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { ActorsError } from '../../base/errors.ts';
import type { SessionFeature } from '../sessionModel.ts';

/** A tool of the server under test, and what it is called with. */
export interface ToolCall {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** A tool that lasts until it is told to finish. */
export interface SlowTool extends ToolCall {
  /** Lets the running call finish. */
  readonly finish: () => void | Promise<void>;
  /**
   * Resolves when the handler of the last call runs. Without it, the tool must send something for
   * its call first, such as progress or a log message.
   */
  readonly begun?: () => void | Promise<void>;
}

/** How the time of the server under test is moved. */
export interface TimeControl {
  /** Moves time on by milliseconds, and returns when everything that falls due is done. */
  readonly advance: (ms: number) => void | Promise<void>;
  /** Milliseconds after which a session counts as idle and has not ended. */
  readonly restMs: number;
  /** Milliseconds that end any session which nothing keeps. */
  readonly expireMs: number;
  /** Milliseconds that work in flight may go on once its session was ended. @default 60 s */
  readonly settleMs?: number;
}

/**
 * What an {@link httpDriver} needs of a server. A feature that can not be given is named in
 * `without`, with the reason: there is no third way, so nothing is left out unseen.
 */
export interface HttpDriverOptions {
  /** The address of the server's MCP endpoint. */
  readonly url: string | URL;
  /** The server's name, for reports. @default the URL */
  readonly name?: string;
  /** The protocol revision that the client asks for. @default '2025-11-25' */
  readonly protocolVersion?: string;
  /** Headers sent with every request, such as credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A tool that answers at once. */
  readonly quick: ToolCall;
  readonly slow?: SlowTool;
  /** A tool that asks the client something, and answers its call when the client has answered. */
  readonly ask?: ToolCall & {
    /** The client's answer to the tool. @default an accepted elicitation */
    readonly answer?: Readonly<Record<string, unknown>>;
  };
  /** A tool that makes the server say something that belongs to no call. */
  readonly notice?: ToolCall;
  /** A tool whose text differs for each server instance that was built. */
  readonly instance?: ToolCall;
  /** Headers that make a request another principal's. */
  readonly foreign?: Readonly<Record<string, string>>;
  readonly time?: TimeControl;
  /** Ends a session as the host of the server does. */
  readonly evict?: (sessionId: string) => void | Promise<void>;
  /** Features that the server lacks, or the test can not control, and why. */
  readonly without?: Readonly<Partial<Record<SessionFeature, string>>>;
  /** Longest wait for anything the server is to do, in milliseconds of real time. @default 10 s */
  readonly timeoutMs?: number;
}

/** What {@link HttpDriverOptions} knows. */
const HTTP_DRIVER_NAMES: NamesOf<HttpDriverOptions> = {
  url: true,
  name: true,
  protocolVersion: true,
  headers: true,
  quick: true,
  slow: true,
  ask: true,
  notice: true,
  instance: true,
  foreign: true,
  time: true,
  evict: true,
  without: true,
  timeoutMs: true,
};

/** The option that gives each feature; features without an option are there unless left out. */
const GIVEN_BY = {
  time: 'time',
  slow: 'slow',
  questions: 'ask',
  notices: 'notice',
  instances: 'instance',
  principals: 'foreign',
  eviction: 'evict',
} as const satisfies Partial<Record<SessionFeature, keyof HttpDriverOptions>>;

/**
 * Checks that each feature is either given or left out.
 *
 * @throws ActorsError `bad-option` where a feature is neither given nor left out, or both
 */
export function checkOptions(options: HttpDriverOptions): void {
  checkNames('httpDriver', options, HTTP_DRIVER_NAMES);
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
