import { systemClock } from '../base/clock.ts';
import { HttpRun } from '../testing/http/httpRun.ts';
import type { ToolCall } from '../testing/http/httpOptions.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { CommandError, EXIT, usageError } from './exit.ts';

/** A server with sessions, as far as a first look tells. */
export interface Looked {
  /** Name and version the server gives of itself. */
  readonly server: string;
  readonly quick: ToolCall;
  /** A GET opens an event stream. */
  readonly listens: boolean;
  /** A DELETE ends a session. */
  readonly deletes: boolean;
}

interface Tool {
  readonly name: string;
  readonly inputSchema?: { readonly required?: unknown; readonly properties?: unknown };
  readonly annotations?: { readonly readOnlyHint?: unknown; readonly openWorldHint?: unknown };
}

/** Longest call that is quick. */
const QUICK_MS = 2000;
const MAX_TRIES = 5;
/** Tools of such names do nothing but answer. */
const HARMLESS = /^(?:echo|ping|add|count|whoami|get[-_]?(?:sum|time)|status|version|hello)\b/i;

/**
 * Looks at a server for a tool that answers at once and changes nothing: one that says so of
 * itself (`readOnlyHint`), or has the name of one that every example has.
 *
 * @param named a tool to take instead
 * @throws CommandError
 */
export async function look(
  url: string,
  headers: Readonly<Record<string, string>>,
  named: ToolCall | undefined,
): Promise<Looked> {
  const without = {};
  const run = new HttpRun({ url, headers, quick: { name: '' }, without, timeoutMs: 10_000 });
  try {
    const opened = await run.initialize().whole();
    const answer = opened.answers[0]?.result;
    const id = opened.header('mcp-session-id');
    if (answer === undefined) throw unavailable(`initialize: ${opened.describe()}`);
    if (id === undefined) throw unavailable('it has no sessions: no Mcp-Session-Id came');
    run.sessionId = id;
    await run.notify('notifications/initialized').whole();
    const quick = named ?? (await firstQuick(run));
    const listening = await run.get().head();
    listening.leave();
    const deletion = await run.delete().whole();
    return {
      server: nameOf((answer as { readonly serverInfo?: unknown }).serverInfo),
      quick,
      listens: listening.status !== 405,
      deletes: deletion.status !== 405,
    };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw unavailable(error instanceof Error ? error.message : String(error));
  } finally {
    await run.end();
  }
}

/** @throws CommandError where no tool is known to be harmless and quick */
async function firstQuick(run: HttpRun): Promise<ToolCall> {
  const listed = (await run.request('tools/list').whole()).answers[0]?.result;
  const tools =
    isObject(listed) && Array.isArray(listed['tools']) ? (listed['tools'] as Tool[]) : [];
  const candidates = tools.filter(isHarmless).toSorted((a, b) => costOf(a) - costOf(b));
  for (const tool of candidates.slice(0, MAX_TRIES)) {
    const call = { name: tool.name, arguments: exampleOf(tool.inputSchema) };
    const began = systemClock.now();
    const { status, answers } = await run.callTool(call).whole();
    const isQuick = systemClock.now() - began < QUICK_MS;
    if (status === 200 && answers[0]?.result !== undefined && isQuick) return call;
  }
  const names = tools.map(({ name }) => name).join(', ') || 'none';
  throw usageError(`no tool says that it only reads: name a quick one with --tool (${names})`);
}

function isHarmless({ name, annotations }: Tool): boolean {
  return annotations?.readOnlyHint === true || HARMLESS.test(name);
}

/** Which tool comes first: one of a name that every example has, then one of few arguments. */
function costOf({ name, inputSchema }: Tool): number {
  const required = Array.isArray(inputSchema?.required) ? inputSchema.required.length : 0;
  return required + (HARMLESS.test(name) ? 0 : 100);
}

/** Arguments that a schema asks for, of the simplest kind. */
function exampleOf(schema: Tool['inputSchema']): Record<string, unknown> {
  const required = Array.isArray(schema?.required) ? (schema.required as string[]) : [];
  const properties = isObject(schema?.properties) ? schema.properties : {};
  return Object.fromEntries(required.map((name) => [name, valueOf(properties[name])]));
}

function valueOf(schema: unknown): unknown {
  if (!isObject(schema)) return 'check';
  if ('default' in schema) return schema['default'];
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as unknown;
  const { type, minimum } = schema;
  if (type === 'integer' || type === 'number') return typeof minimum === 'number' ? minimum : 1;
  if (type === 'boolean') return false;
  if (type === 'array') return [];
  return type === 'object' ? exampleOf(schema) : 'check';
}

function nameOf(info: unknown): string {
  const { name = 'a server', version = '' } = isObject(info) ? info : {};
  return `${String(name)} ${String(version)}`.trim().slice(0, 100);
}

function unavailable(why: string): CommandError {
  return new CommandError(EXIT.unavailable, `there is nothing to check: ${why}`);
}
