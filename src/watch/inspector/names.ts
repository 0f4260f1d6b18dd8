import { cut } from '../../base/cut.ts';
import type { ClientName, RuntimeEvents } from '../../events/events.ts';
import type { RecordingLine } from '../recorder/line.ts';
import type { Line } from './lines.ts';

/** Longest name and version of a client, in characters: the client chose both. */
const MAX_CLIENT = 80;
/** Longest text of an error, in characters. */
const MAX_TEXT = 2000;
/** Lines of one error's text and stack: where the error was thrown, and who called. */
const MAX_TEXT_LINES = 8;
/** Errors told of one crash: an error, its cause, and the cause of that. */
const MAX_CAUSES = 3;

/** Adds to a line of a recording what the page shows and a recording does not hold. */
export function withNames(line: RecordingLine, event: object): Line {
  // The line is made of the event: its type says which event it was.
  if (line.type === 'message') {
    const name = (event as RuntimeEvents['message']).target?.();
    return name === undefined ? line : { ...line, name };
  }
  if (line.type === 'crashed') {
    return { ...line, text: textOf((event as RuntimeEvents['session.crashed']).error) };
  }
  if (line.type === 'ended' || line.type === 'kept') {
    const client = (event as RuntimeEvents['session.ended' | 'session.kept']).client?.();
    return client === undefined ? line : { ...line, client: clientOf(client) };
  }
  return line;
}

/**
 * A line as a file may have it: an export leaves the machine, so what may hold anything stays here.
 */
export function exported(line: Line): Line {
  if (line.type === 'crashed') {
    const { text: _text, ...rest } = line;
    return rest;
  }
  if (line.type === 'ended' || line.type === 'kept') {
    const { client: _client, ...rest } = line;
    return rest;
  }
  return line;
}

export function clientOf({ name, version }: ClientName): string {
  return cut(`${cut(name, MAX_CLIENT)} ${version}`, MAX_CLIENT);
}

/** The text of whatever was thrown, and of its causes: messages and the first lines of stacks. */
function textOf(thrown: unknown): string {
  const texts: string[] = [];
  let error = thrown;
  do {
    const text = error instanceof Error ? stackOf(error) : inWords(error);
    texts.push(text.split('\n', MAX_TEXT_LINES).join('\n'));
    error = error instanceof Error ? error.cause : undefined;
  } while (error !== undefined && texts.length < MAX_CAUSES);
  return cut(texts.join('\ncaused by '), MAX_TEXT);
}

/** The stack of an error, which begins with its message unless somebody has changed either. */
function stackOf({ name, message, stack }: Error): string {
  const said = `${name}: ${message}`;
  if (typeof stack !== 'string') return said;
  return stack.includes(message) ? stack : `${said}\n${stack}`;
}

function inWords(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}
