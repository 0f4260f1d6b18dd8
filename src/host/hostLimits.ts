/** Limits that only a host has, not a runtime. */
export interface HostLimits {
  /** Questions of one scope that wait for an answer; one more is refused. @default 32 */
  readonly maxQuestions: number;
  /** Bytes, as JSON, of the params of one scope's open questions. @default 1 MiB */
  readonly maxQuestionBytes: number;
  /** How long a question waits for its answer, in milliseconds. @default 5 min */
  readonly answerTimeoutMs: number;
  /** Event streams of one scope at once; one more is refused. @default 16 */
  readonly maxStreams: number;
  /** How long `open` may take, in milliseconds. @default 60 s */
  readonly openTimeoutMs: number;
}

export const DEFAULT_HOST_LIMITS: HostLimits = {
  maxQuestions: 32,
  maxQuestionBytes: 1024 * 1024,
  answerTimeoutMs: 5 * 60_000,
  maxStreams: 16,
  openTimeoutMs: 60_000,
};
