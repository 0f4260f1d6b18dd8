/** One block of an event stream, as it was on the wire. */
export interface SseFrame {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly retry: number | undefined;
  /** `undefined` when the block had no `data` line. */
  readonly data: string | undefined;
  readonly comment: string | undefined;
}

/** Reads the whole blocks of an event stream; what is not finished by an empty line is left out. */
export function sseFrames(text: string): SseFrame[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.map((block) => {
    const fields = new Map<string, string[]>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      const values = fields.get(name);
      if (values === undefined) fields.set(name, [value]);
      else values.push(value);
    }
    const retry = fields.get('retry')?.[0];
    return {
      id: fields.get('id')?.[0],
      event: fields.get('event')?.[0],
      retry: retry === undefined ? undefined : Number(retry),
      data: fields.get('data')?.join('\n'),
      comment: fields.get('')?.join('\n'),
    };
  });
}
