import { filesBelow, importsOf } from './sources.ts';

const GROUND = ['base', 'wire', 'machines'];
const SESSION = ['actor', 'store', 'events', ...GROUND];
const CORE = ['http', 'directory', 'session', ...SESSION];
const PLUG_IN = ['top', 'modern', 'handles', 'machine', ...CORE];

/**
 * The rooms of the project, and what the files of each may import: rooms below it, the types of
 * a room included. `top` is the root entry with what it puts together.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: [],
  machines: [],
  events: GROUND,
  actor: ['events', ...GROUND],
  store: ['events', ...GROUND],
  session: SESSION,
  directory: ['session', ...SESSION],
  http: ['directory', 'session', ...SESSION],
  modern: CORE,
  handles: CORE,
  machine: CORE,
  top: ['modern', 'handles', 'machine', ...CORE],
  adapters: PLUG_IN,
  gateway: ['adapters', ...PLUG_IN],
  cluster: PLUG_IN,
  processes: ['adapters', 'cluster', ...PLUG_IN],
  redis: ['cluster', 'store', 'events', ...GROUND],
  testing: PLUG_IN,
  host: ['adapters', ...PLUG_IN],
  watch: ['adapters', 'gateway', ...PLUG_IN],
  cli: ['adapters', 'gateway', 'host', 'redis', 'testing', 'watch', ...PLUG_IN],
};

/** The room of a source file, given by its path from the root. */
export function roomOf(file: string): string {
  const [, room = ''] = /^(?:src\/)?([^/.]+)/.exec(file) ?? [];
  return room in ROOMS ? room : 'top';
}

/** One import that leads from a room to another. */
export interface Crossing {
  readonly from: string;
  readonly to: string;
  /** The files: `src/http/endpoint.ts → src/session/session.ts`. */
  readonly files: string;
  readonly isAllowed: boolean;
}

/** Every import of one room's file by another's. */
export function crossings(): Crossing[] {
  return [...filesBelow('machines'), ...filesBelow('src')]
    .flatMap(importsOf)
    .filter(({ to }) => /^(?:src|machines)\//.test(to))
    .map((each) => ({ ...each, rooms: [roomOf(each.from), roomOf(each.to)] as const }))
    .filter(({ rooms: [from, to] }) => from !== to)
    .map(({ from: file, to: other, rooms: [from, to] }) => ({
      from,
      to,
      files: `${file} → ${other}`,
      isAllowed: ROOMS[from]!.includes(to),
    }));
}
