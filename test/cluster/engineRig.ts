import type {
  Change,
  Engine,
  Incarnation,
  Owned,
  Right,
  SessionWrite,
  Space,
} from '../../src/cluster/engine.ts';
import { fingerprint } from '../../src/store/codec/fingerprint.ts';

/** One memory for the nodes of a test. */
export interface EngineHome {
  /** Another node's way to the memory. Whoever makes the home closes it. */
  connect(): Engine;
  /** Lets time pass for the engine. */
  pass(ms: number): Promise<void>;
  /** The same server forgets everything. */
  wipe(): Promise<void>;
  /** Keeps what is known now for `failOver`. */
  keep(): Promise<void>;
  /** Another server goes on with what was kept. */
  failOver(): Promise<void>;
}

export const LEASE_MS = 60_000;
export const ABOUT = Buffer.from('a node');

/** A node that has a lease. */
export interface Node {
  readonly engine: Engine;
  readonly as: Incarnation;
  readonly sessions: Space;
}

export async function node(home: Pick<EngineHome, 'connect'>, as: Incarnation) {
  const engine = home.connect();
  await engine.join(as, LEASE_MS, ABOUT);
  return { engine, as, sessions: engine.space(undefined) } satisfies Node;
}

export function print(id: string): string {
  return fingerprint(id).toString('base64url');
}

export function put(text: string, over: { expiresAt?: number; principal?: string } = {}): Change {
  return { type: 'put', bytes: Buffer.from(text), expiresAt: 1e15, principal: '', ...over };
}

export function row(n: number, text = `row ${n}`): Change {
  return { type: 'row', n, bytes: Buffer.from(text) };
}

export function erase(n: number): Change {
  return { type: 'erase', n };
}

export function remove(tombstone?: string): Change {
  const bytes = tombstone === undefined ? undefined : Buffer.from(tombstone);
  return { type: 'remove', tombstone: bytes };
}

export function birth(id: string, token: number, ...changes: readonly Change[]): SessionWrite {
  const right: Right = { by: 'birth', token, revision: 1 };
  return { print: print(id), right, changes: changes.length > 0 ? changes : [put(id)] };
}

export function byClaim(
  id: string,
  token: number,
  revision: number,
  ...changes: readonly Change[]
): SessionWrite {
  return { print: print(id), right: { by: 'claim', token, revision }, changes };
}

export function byAll(id: string, ...changes: readonly Change[]): SessionWrite {
  return { print: print(id), right: { by: 'all' }, changes };
}

export function owned(id: string, token: number, revision: number): Owned {
  return { print: print(id), token, revision };
}

/** A session is born, and is its node's: with the token 10. */
export async function born({ sessions, as }: Node, ...ids: readonly string[]): Promise<void> {
  await sessions.write(
    as,
    ids.map((id) => birth(id, 10)),
  );
}

/** A session is born, and released. */
export async function asleep(by: Node, ...ids: readonly string[]): Promise<void> {
  await born(by, ...ids);
  for (const id of ids) await by.sessions.release(by.as, owned(id, 10, 1));
}

/** Claims a session, which must be had. @returns its token */
export async function taken({ sessions, as }: Node, id: string): Promise<number> {
  const claim = await sessions.claim(print(id), as, 0);
  if (claim.is !== 'ours') throw new Error(`The claim was answered with ${claim.is}`);
  return claim.token;
}

/** What a session has, as text. */
export async function held(space: Space, id: string) {
  const found = await space.read(print(id));
  return found && { record: String(found.record), rows: texts(found.rows) };
}

export function texts(
  rows: readonly { readonly n: number; readonly bytes: Buffer }[],
): Record<number, string> {
  return Object.fromEntries(rows.map(({ n, bytes }) => [n, String(bytes)]));
}

/** A node lives on, beat by beat. */
export async function lives(home: EngineHome, { engine, as }: Node, ms: number): Promise<void> {
  for (let lived = 0; lived < ms; lived += 10_000) {
    await home.pass(10_000);
    await engine.renew(as, LEASE_MS, ABOUT);
  }
}
