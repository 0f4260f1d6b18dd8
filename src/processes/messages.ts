import type { ErrorCode } from '../base/errors.ts';
import type { Engine, Incarnation, Space, SpaceName } from '../cluster/engine.ts';

/** What of an engine the first process is asked for. */
export const ENGINE_METHODS = ['join', 'renew', 'leave', 'leftMs', 'members'] as const;
export type EngineMethod = (typeof ENGINE_METHODS)[number] & keyof Engine;

/** What of a space the first process is asked for. */
export const SPACE_METHODS = [
  'look',
  'claim',
  'write',
  'release',
  'acquit',
  'reassert',
  'read',
  'page',
  'due',
  'count',
] as const;
export type SpaceMethod = (typeof SPACE_METHODS)[number] & keyof Space;

/** What of a link the first process is asked for. */
export type LinkMethod = 'listen' | 'deafen' | 'send' | 'close';

/** What a worker asks the first process. */
export type Asked =
  | { readonly of: 'engine'; readonly method: EngineMethod; readonly args: readonly unknown[] }
  | {
      readonly of: 'space';
      readonly space: SpaceName;
      readonly method: SpaceMethod;
      readonly args: readonly unknown[];
    }
  | { readonly of: 'link'; readonly method: LinkMethod; readonly args: readonly unknown[] };

/** What goes over the channel between the first process and a worker. */
export type Message =
  /** A worker has begun, and waits for its welcome. */
  | { readonly type: 'hello' }
  | { readonly type: 'welcome'; readonly secret: string }
  /** A worker serves. */
  | { readonly type: 'serving' }
  /** A worker is to serve no more: what is in flight may take so long. */
  | { readonly type: 'leave'; readonly deadlineMs: number; readonly isReplaced: boolean }
  /** A worker leaves, asked or by itself. */
  | { readonly type: 'leaving'; readonly deadlineMs: number }
  | { readonly type: 'ask'; readonly id: number; readonly asked: Asked }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  /** An error crosses as its code and its message, and nothing else. */
  | {
      readonly type: 'refusal';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly type: 'frame'; readonly to: Incarnation; readonly frame: Buffer };
