import type { CallScope } from '../session/callScope.ts';
import { isObject, type RequestMessage, type ResponseMessage } from '../wire/jsonrpc.ts';
import { STATELESS_REVISION } from '../wire/versions.ts';
import { UNION } from './capabilities.ts';
import { KEYS, metaOf, type Params, SERVER_INFO } from './envelope.ts';

/** What a message of this library's own says of its client. */
const OURS = { [KEYS.version]: STATELESS_REVISION, [KEYS.capabilities]: UNION };

/** A request as a server of the stateless revision reads it: with all that its client said of itself. */
export function enveloped(message: RequestMessage, call: CallScope | undefined): RequestMessage {
  const { params } = message;
  const _meta = { ...metaOf(params), ...(call === undefined ? OURS : envelopeOfCall(call)) };
  if (call === undefined) return { ...message, params: { ...params, _meta } };
  const { inputResponses, requestState } = call;
  const hasResponses = Object.keys(inputResponses).length > 0;
  return {
    ...message,
    params: {
      ...params,
      _meta,
      ...(hasResponses && { inputResponses }),
      ...(requestState !== undefined && { requestState }),
    },
  };
}

function envelopeOfCall({ clientCapabilities, clientInfo, level }: CallScope): Params {
  return {
    [KEYS.version]: STATELESS_REVISION,
    [KEYS.capabilities]: clientCapabilities,
    ...(clientInfo !== undefined && { [KEYS.client]: clientInfo }),
    ...(level !== undefined && { [KEYS.level]: level }),
  };
}

/** What a server of the stateless revision is asked in the place of `initialize`. */
export function discoverFor({ id }: RequestMessage): RequestMessage {
  return enveloped({ jsonrpc: '2.0', id, method: 'server/discover' }, undefined);
}

/** The answer to `initialize` that an answer to `server/discover` stands for. */
export function initialized(
  response: ResponseMessage,
  { params }: RequestMessage,
): ResponseMessage {
  const { result } = response;
  if (result === undefined) return response;
  const { capabilities, instructions, _meta } = result;
  const serverInfo = isObject(_meta) ? _meta[SERVER_INFO] : undefined;
  const protocolVersion = params?.['protocolVersion'];
  return { ...response, result: { protocolVersion, capabilities, serverInfo, instructions } };
}
