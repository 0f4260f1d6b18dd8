import type { ResponseMessage } from '../wire/jsonrpc.ts';
import type { Calls, Parkable } from './calls.ts';
import type { ModernSettings } from './options.ts';
import type { ReplyShare } from './reply.ts';
import type { TaskCall } from './task.ts';
import type { Tasks } from './tasks.ts';

/** What calls need of the stateless revision. @template C a call */
export interface CallShare<C extends Parkable & TaskCall> extends ReplyShare {
  readonly settings: Pick<ModernSettings, 'cache' | 'limits'>;
  readonly calls: Calls<C>;
  /** `null`: no call becomes a task. */
  readonly tasks: Tasks<C> | null;
  /** Runs a callback in a later turn of the event loop. */
  nextTurn(callback: () => void): void;
  /** What the client is to get of an answer of the server behind. */
  finished(call: C, response: ResponseMessage): ResponseMessage;
}
