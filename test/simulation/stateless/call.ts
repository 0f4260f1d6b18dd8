import type { Response } from '../heard.ts';
import type { Life } from '../life.ts';
import type { Line } from '../line.ts';

/** What became of one request of a call, as its client has heard. */
export type Outcome =
  | 'answer'
  | 'asked'
  | 'task'
  | 'invalid'
  | 'lost'
  | 'gone'
  | 'refused'
  | 'error';

/** One request of a call: the first, or one that came back with answers. */
export interface Round {
  readonly user: string;
  readonly process: number;
  readonly at: number;
  readonly response: Response;
  readonly line: Line;
  readonly token: Token | undefined;
  /** The answers it brought, by the keys of their questions. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** Bytes of earlier answers that its handler had not had by then. */
  readonly keptBytes: number;
  outcome: Outcome | undefined;
  /** When its connection was lost before its answer was whole. */
  cutAt: number | undefined;
}

/** A `requestState` that a client has heard. */
export interface Token {
  readonly text: string;
  readonly process: number;
  readonly at: number;
  /** The life of the call's home, and the incarnation that asks. */
  readonly life: Life | undefined;
  readonly epoch: number;
  /** Keys and methods of the questions it goes with. */
  readonly questions: Readonly<Record<string, { readonly method: string }>>;
  /** The requests that have brought it back. */
  readonly rounds: Round[];
}

/** One call of a client of the stateless revision, and whatever became of it. */
export interface StatelessCall {
  readonly nonce: number;
  readonly user: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What it belongs to. */
  readonly home: string;
  readonly room: string | undefined;
  readonly process: number;
  /** The life of its home, as far as its client knew one, and the tokens of a state it had seen. */
  readonly life: Life | undefined;
  readonly known: readonly number[];
  readonly rounds: Round[];
  readonly tokens: Token[];
  /** Answers of the user that were sent back, each a number of its own. */
  readonly words: Set<number>;
  /** Bytes of answers that its handler has not had, because others are open. */
  keptBytes: number;
  /** The task it has become. */
  task: string | undefined;
}

/** The newest token that nobody has brought back. */
export function freshToken({ tokens }: StatelessCall): Token | undefined {
  const last = tokens.at(-1);
  return last?.rounds.length === 0 ? last : undefined;
}
