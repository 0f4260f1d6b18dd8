import { currentContext } from '../session/context.ts';
import { QUESTION_KEY } from './inputs.ts';

type Params = Readonly<Record<string, unknown>>;

/** A question to the client: an MCP request of the kinds that servers may make. */
export interface InputRequest {
  readonly method: 'elicitation/create' | 'sampling/createMessage' | 'roots/list';
  readonly params?: Params;
}

/** Asks the user. @param schema of the form: a JSON Schema of an object with flat properties */
export function elicit(message: string, schema: Params = {}): InputRequest {
  const requestedSchema = { type: 'object', properties: {}, ...schema };
  const params = { mode: 'form', message, requestedSchema };
  return { method: 'elicitation/create', params };
}

/** Asks the client's model. @param params of `sampling/createMessage` */
export function sample(params: Params): InputRequest {
  return { method: 'sampling/createMessage', params };
}

/** Asks for the folders the client works in. */
export function listRoots(): InputRequest {
  return { method: 'roots/list' };
}

/**
 * Asks the client of the call at hand several things at once, each under a key of its own, and waits
 * for all answers. In era `modern` the questions go out as one result, and the handler waits, parked,
 * for the client to come back; in era `legacy` each is a request.
 *
 * @returns the answers by the questions' keys: results of MCP, as the client gave them
 * @throws ActorsError `question-failed`: the client can not be asked, has refused, or did not come
 * back; `no-session`, `session-over`, `context-unavailable`
 */
export async function requestInput<R extends Readonly<Record<string, InputRequest>>>(
  requests: R,
): Promise<{ [K in keyof R]: Params }> {
  const context = currentContext();
  const entries = Object.entries(requests).map(async ([key, request]) => {
    const { method, params } = request;
    const keyed =
      context.call === undefined ? params : { ...params, _meta: { [QUESTION_KEY]: key } };
    return [key, await context.ask(method, keyed)] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as { [K in keyof R]: Params };
}
