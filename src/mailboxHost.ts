import type { Arrival } from '../machines/session.ts';
import type { RequestOutcome, Within } from './events.ts';
import type { Extra } from './exchange.ts';
import type { Journal } from './journal.ts';
import type { Ask } from './mailbox.ts';
import type { Limits } from './options.ts';
import type { Uploads } from './uploads.ts';
import type { Message, NotificationMessage, RequestId, ResponseMessage } from './wire/jsonrpc.ts';

/** What a mailbox needs of its session. */
export interface MailboxHost {
  readonly key: string;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly arrival: Arrival;
  /** First message out of idle. */
  rouse(): void;
  now(): number;
  /** Hands a message to the server of this incarnation. */
  deliver(message: Message, delivery: Extra | undefined): void;
  /** A client's answer, progress or withdrawal about something the server asked. */
  receive(message: ResponseMessage | NotificationMessage): void;
  /** The cancels that overtook their requests; `null` where none can have. */
  readonly uploads: Uploads | null;
  /** The method of a question the server has open. */
  asked(id: RequestId): string | undefined;
  /** What an answer has to wait for: `false` when it can not be given. */
  beforeAnswer(ask: Ask, response: ResponseMessage): Promise<boolean> | undefined;
  /** A request was taken in; whoever listens is told before its server has it. */
  began(ask: Ask): void;
  /** It is over. Called for those with {@link Ask.watched} alone. */
  settled(ask: Ask, outcome: RequestOutcome, errorCode?: number): void;
  /** Hands a request to the server where a listener wants it handled. */
  deliverWithin(run: Within, message: Message, delivery: Extra | undefined): void;
  /** A request was answered or cancelled. */
  answered(ask: Ask, response: ResponseMessage | undefined): void;
  /** The last reference is gone. */
  drained(): void;
}
