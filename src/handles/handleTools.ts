import { contextNow } from '../session/context.ts';
import { isoTime } from '../base/clock.ts';
import type { HandleSettings } from './options.ts';
import type { OwnHandle } from './view.ts';

/** What the tools of a kind do. */
export interface HandleVerbs {
  create(input?: unknown): Promise<string>;
  list(): Promise<readonly OwnHandle[]>;
  destroy(id: string): Promise<void>;
}

/** An `McpServer` of either SDK. */
export interface Registrar {
  registerTool(...args: never[]): unknown;
}

/** As much of `z` as schemas of tools need. */
export interface Schemas {
  string(): unknown;
  number?(): unknown;
  array?(of: never): unknown;
  boolean?(): unknown;
  object?(shape: never): unknown;
}

type Shape = Readonly<Record<string, unknown>>;
type Register = (name: string, config: Shape, tool: (...args: unknown[]) => unknown) => void;

/** Gives a server the tools of a kind. */
export function registerTools(
  settings: HandleSettings,
  handle: HandleVerbs,
  server: Registrar,
  schemas: Schemas,
): void {
  const { name, plural, description = `Opens a new ${name}.`, input } = settings;
  const register = server.registerTool.bind(server) as Register;
  const object = (shape: Shape): unknown => schemas.object?.(shape as never) ?? shape;
  const isListed = settings.list ?? contextNow()?.session.principal !== undefined;
  const keptMs = settings.limits.idleTimeoutMs + settings.limits.evictAfterMs;
  const others = isListed ? `, list_${plural} lists yours` : '';
  register(
    `create_${name}`,
    {
      description: `${sentence(description)} Returns an id: pass the id as \`${name}\`. A ${name} is kept for ${durationOf(keptMs)} after its last use; destroy_${name} ends it sooner${others}.`,
      ...(input !== undefined && { inputSchema: input }),
      ...(schemas.number && {
        outputSchema: object({ [name]: schemas.string(), expiresAfterMs: schemas.number() }),
      }),
    },
    async (args) => {
      const id = await handle.create(input === undefined ? undefined : args);
      return told(id, schemas.number && { [name]: id, expiresAfterMs: keptMs });
    },
  );
  if (isListed) {
    register(
      `list_${plural}`,
      {
        description: `Lists your ${plural}, the oldest first.`,
        annotations: { readOnlyHint: true },
      },
      async () => {
        const own = await handle.list();
        const rows = own.map(({ id, isAsleep, startedAt }) => ({
          [name]: id,
          isAsleep,
          startedAt: isoTime(startedAt),
        }));
        return told(JSON.stringify(rows));
      },
    );
  }
  register(
    `destroy_${name}`,
    {
      description: `Ends a ${name}.`,
      inputSchema: object({ [name]: argumentOf(settings, schemas) }),
      annotations: { destructiveHint: true, idempotentHint: false },
    },
    async (args) => {
      await handle.destroy((args as Readonly<Record<string, string>>)[name]!);
      return told(`The ${name} is gone.`);
    },
  );
}

/** The schema of an argument that takes the id of a handle. */
export function argumentOf<Z extends Schemas>(
  { name }: HandleSettings,
  schemas: Z,
): ReturnType<Z['string']> {
  const id = schemas.string() as Describable;
  const described = id.describe?.(`The id of a ${name}, from create_${name}.`) ?? id;
  // A client of the stateless revision puts the id into a header, by which a balancer can route.
  const header = name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return (described.meta?.({ 'x-mcp-header': header }) ?? described) as ReturnType<Z['string']>;
}

interface Describable {
  describe?(text: string): Describable;
  meta?(meta: Shape): Describable;
}

function told(text: string, structuredContent?: Shape) {
  const content = [{ type: 'text', text }] as const;
  return structuredContent === undefined ? { content } : { content, structuredContent };
}

/** A description ends as a sentence does. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const UNITS = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

function durationOf(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ['s', 1000];
  return `${Math.max(Math.round(ms / size), 1)} ${unit}`;
}
