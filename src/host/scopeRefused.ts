import { headerPairs } from '../wire/headers.ts';
import { type Refusal, type RefusalCode, REFUSALS } from '../wire/refusals.ts';

/**
 * Thrown for a web request that gets no scope; carries the response to give. The texts are fixed
 * and hold nothing of the request.
 */
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

  get headers(): [string, string][] {
    const { headers = [] }: Refusal = REFUSALS[this.code];
    return headerPairs(headers);
  }

  get body(): { readonly error: { readonly code: RefusalCode; readonly message: string } } {
    return { error: { code: this.code, message: this.message } };
  }

  toResponse(): Response {
    return Response.json(this.body, { status: this.status, headers: this.headers });
  }
}
