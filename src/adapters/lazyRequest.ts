/** How each request in disguise is made, and the request once it is. */
const requests = new WeakMap<object, () => Request>();

/**
 * Makes an object that is a web-standard request to whoever uses it, and costs next to nothing while
 * nobody does: v2 servers take the request of each message whether a handler asks for it or not.
 */
export function lazyRequest(make: () => Request): Request {
  const request = Object.create(DISGUISE) as Request;
  let made: Request | undefined;
  requests.set(request, () => (made ??= make()));
  return request;
}

const DISGUISE: object = disguise();

/** Every member of a request, each handed on to the real one. */
function disguise(): object {
  const members = Object.getOwnPropertyDescriptors(Request.prototype);
  const names = Object.keys(members).filter((name) => name !== 'constructor');
  const entries = names.map((name) => {
    const key = name as keyof Request;
    const get = function (this: object): unknown {
      const request = requests.get(this)?.();
      if (request === undefined) throw new TypeError('Illegal invocation');
      const member: unknown = request[key];
      return typeof member === 'function' ? member.bind(request) : member;
    };
    return [name, { get, enumerable: true, configurable: true }] as const;
  });
  return Object.create(Request.prototype, Object.fromEntries(entries)) as object;
}
