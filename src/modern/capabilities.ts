import { isObject } from '../wire/jsonrpc.ts';
import type { Capabilities } from './envelope.ts';

type Params = Readonly<Record<string, unknown>> | undefined;

/** What the one `initialize` of a resident server says: what a request really has, is asked per call. */
export const UNION: Capabilities = {
  roots: {},
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
};

interface Kind {
  /** What the client would have to declare to be asked this; `undefined` where it does. */
  readonly missing: (params: Params, declared: Capabilities) => Capabilities | undefined;
  readonly isAnswer: (value: unknown) => boolean;
}

const ACTIONS: ReadonlySet<unknown> = new Set(['accept', 'decline', 'cancel']);

/** The questions that a server may put to a client of the stateless revision. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [
    'elicitation/create',
    {
      missing(params, { elicitation }) {
        if (!isObject(elicitation)) return { elicitation: {} };
        if ((params?.['mode'] ?? 'form') === 'url') {
          return isObject(elicitation['url']) ? undefined : { elicitation: { url: {} } };
        }
        // A client that names no mode takes forms.
        const takesForms = isObject(elicitation['form']) || !('url' in elicitation);
        return takesForms ? undefined : { elicitation: { form: {} } };
      },
      isAnswer: (value) => isObject(value) && ACTIONS.has(value['action']),
    },
  ],
  [
    'sampling/createMessage',
    {
      missing(params, { sampling }) {
        if (!isObject(sampling)) return { sampling: {} };
        const needsTools = params?.['tools'] !== undefined || params?.['toolChoice'] !== undefined;
        return needsTools && !isObject(sampling['tools']) ? { sampling: { tools: {} } } : undefined;
      },
      isAnswer: (value) => isObject(value) && typeof value['role'] === 'string',
    },
  ],
  [
    'roots/list',
    {
      missing: (_params, { roots }) => (isObject(roots) ? undefined : { roots: {} }),
      isAnswer: (value) => isObject(value) && Array.isArray(value['roots']),
    },
  ],
]);

/** Whether a client of the stateless revision can be asked this at all. */
export function isQuestion(method: string): boolean {
  return KINDS.has(method);
}

/** What a client does not declare and would have to, to be asked this; `undefined` where it does. */
export function missingFor(
  method: string,
  params: Params,
  declared: Capabilities,
): Capabilities | undefined {
  return KINDS.get(method)?.missing(params, declared);
}

/** Whether a value is an answer to a question of this method. */
export function isAnswerTo(method: string, value: unknown): value is Record<string, unknown> {
  return KINDS.get(method)?.isAnswer(value) === true;
}
