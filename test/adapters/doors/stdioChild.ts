import { createRuntime, type Limits } from 'mcp-actors';
import { serveStdio } from 'mcp-actors/stdio';
import { createContractServer, type Released } from '../contractServer.ts';
import { authInfoOf, held, type Remains } from './door.ts';

const { limits, user } = JSON.parse(process.argv[2]!) as { limits: Partial<Limits>; user?: string };
const released: Released = new Map();
const runtime = createRuntime<unknown>({
  ...limits,
  server: (session) => createContractServer(session, released),
});
const authInfo = authInfoOf(user);
const { closed } = serveStdio(runtime, authInfo === undefined ? {} : { authInfo });
await closed;
const remains: Remains = { held: held(runtime), released: [...released.values()] };
console.error(JSON.stringify(remains));
