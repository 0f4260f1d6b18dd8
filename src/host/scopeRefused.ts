import { type Refusal, type RefusalCode, REFUSALS } from '../wire/refusals.ts';

/** A web request that belongs to no scope; carries the response to give. */
export class ScopeRefused extends Error {
  override readonly name = 'ScopeRefused';
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(REFUSALS[code].message);
    this.code = code;
  }

  get status(): number {
    return REFUSALS[this.code].status;
  }

  toResponse(): Response {
    const { status, message, headers = [] }: Refusal = REFUSALS[this.code];
    const pairs: [string, string][] = [];
    for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i]!, headers[i + 1]!]);
    return Response.json({ error: { code: this.code, message } }, { status, headers: pairs });
  }
}
