import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';

import type { Contender, MakeServer } from './contender.ts';
import { json, listen } from './http.ts';

const DONE = Promise.resolve();

/** Hands messages over, and answers to the response that waits for them; nothing else. */
class DirectTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  readonly waiting = new Map<unknown, ServerResponse>();

  start(): Promise<void> {
    return DONE;
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (!('id' in message)) return DONE;
    const response = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (response) json(response, message);
    return DONE;
  }

  close(): Promise<void> {
    this.onclose?.();
    return DONE;
  }
}

/**
 * What hosting an SDK server costs at least: `bare` with one SDK server a session behind it and
 * one validator for all. It checks nothing, limits nothing and keeps no order: a floor, no recipe.
 */
export async function direct(make: MakeServer): Promise<Contender> {
  const options = { jsonSchemaValidator: new AjvJsonSchemaValidator() };
  const sessions = new Map<string, DirectTransport>();

  const open = async (message: JSONRPCMessage, response: ServerResponse): Promise<void> => {
    const transport = new DirectTransport();
    await make(options).connect(transport);
    const session = randomBytes(16).toString('base64url');
    sessions.set(session, transport);
    response.setHeader('mcp-session-id', session);
    deliver(transport, message, response);
  };

  const port = await listen({
    remove(session) {
      void sessions.get(session)?.close();
      return sessions.delete(session);
    },
    post(body, session, response) {
      const message = JSON.parse(body) as JSONRPCMessage;
      const transport = sessions.get(session);
      if (transport) deliver(transport, message, response);
      else if (isInitializeRequest(message)) void open(message, response);
      else response.writeHead(404).end();
    },
  });
  return { port, busy: () => 0 };
}

function deliver(
  transport: DirectTransport,
  message: JSONRPCMessage,
  response: ServerResponse,
): void {
  if ('id' in message) transport.waiting.set(message.id, response);
  else response.writeHead(202).end();
  transport.onmessage?.(message);
}
