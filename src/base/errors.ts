/** Codes of the errors this library throws; each has a heading in `docs/errors.md`. */
export type ErrorCode =
  | 'bad-option'
  | 'bad-server'
  | 'server-reused'
  | 'sdk-missing'
  | 'no-session'
  | 'body-consumed'
  | 'context-unavailable'
  | 'not-disposable'
  | 'session-over'
  | 'question-failed'
  | 'handle-gone'
  | 'handle-busy'
  | 'handle-limit'
  | 'handle-failed'
  | 'handle-elsewhere'
  | 'no-principal'
  | 'undeliverable'
  | 'too-many-resources'
  | 'resource-ended'
  | 'not-admitted'
  | 'start-failed'
  | 'server-ended'
  | 'scope-busy'
  | 'inbox-full'
  | 'timed-out'
  | 'record-corrupt'
  | 'state-too-large'
  | 'store-locked'
  | 'store-unavailable'
  | 'store-unfit'
  | 'store-forgot'
  | 'secret-unknown'
  | 'driver-missing'
  | 'process-ended';

/** An error of this library. Match on `code`, never on the text. */
export class ActorsError extends Error {
  override readonly name = 'ActorsError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
