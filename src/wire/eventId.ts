/** A place in one stream of one session; its id is `<session key>_<stream>_<sequence>` (row R1). */
export interface EventPlace {
  readonly stream: number;
  readonly sequence: number;
}

export function formatEventId(sessionKey: string, stream: number, sequence: number): string {
  return `${sessionKey}_${stream}_${sequence}`;
}

const SHAPE = /^([0-9a-z]+)_(\d{1,12})_(\d{1,12})$/;

/** Reads an event id; `undefined` for text that is not an id of this session (row R2). */
export function parseEventId(sessionKey: string, text: string): EventPlace | undefined {
  const match = SHAPE.exec(text);
  if (match === null || match[1] !== sessionKey) return undefined;
  return { stream: Number(match[2]), sequence: Number(match[3]) };
}
