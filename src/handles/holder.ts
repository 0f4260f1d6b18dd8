import type { HandleSettings } from './options.ts';

/** Who asks for a handle. */
export interface Holder {
  readonly principal: string | undefined;
  /** The caller's session, by its loggable name. */
  readonly session: string;
}

/** Whether a caller may use a handle of a kind. */
export function isHeldBy(
  { bind }: HandleSettings,
  handle: { readonly principal: string | undefined; readonly by: string },
  { principal, session }: Holder,
): boolean {
  const isOfSession = bind !== 'session' || handle.by === session;
  return handle.principal === principal && isOfSession;
}
