/**
 * Loads the root entry where no module of node can be loaded, and serves with it.
 * Says what it exports and what it answered, as one line of JSON.
 */
import Module, { register } from 'node:module';

const HOOKS = `
  import { isBuiltin } from 'node:module';
  export async function resolve(specifier, context, next) {
    if (isBuiltin(specifier)) throw new Error('refused ' + specifier + ' for ' + context.parentURL);
    return next(specifier, context);
  }
`;

const cjs = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
const load = cjs._load.bind(cjs);
cjs._load = (request, ...rest) => {
  if (Module.isBuiltin(request)) throw new Error(`refused ${request}`);
  return load(request, ...rest);
};
Object.assign(process, { getBuiltinModule: undefined });
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);

const { createRuntime, currentSession, ...rest } = await import('../../src/index.ts');
const { FakeServer } = await import('./fakeServer.ts');
const { INITIALIZE, send } = await import('./send.ts');

const runtime = createRuntime({ server: () => new FakeServer() });
const { session } = await send(runtime, INITIALIZE);
const { result } = await send(runtime, { id: 1, method: 'tools/list' }, session ?? undefined);
let code: unknown;
try {
  currentSession();
} catch (error) {
  code = (error as { code: unknown }).code;
}
await runtime.close();
console.log(JSON.stringify({ names: Object.keys(rest), result, code }));
