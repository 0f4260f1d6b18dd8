import type { SessionActor } from './sessionActor.ts';

/** A POST whose body is on its way. */
export interface Upload {
  readonly session: SessionActor;
  readonly number: number;
}

/** The body was handled, or will never be. */
export function endUpload(upload: Upload | undefined): void {
  upload?.session.uploads?.end(upload.number);
}
