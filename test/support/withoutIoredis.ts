/** A program where `ioredis` is not installed: says what using a store in Redis meets. */
import { register } from 'node:module';

const hook = `export function resolve(name, context, next) {
  if (name === 'ioredis') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const { redisStore } = await import('mcp-actors/redis');
const store = redisStore({ url: 'redis://localhost' });
const said: string[] = [];
for (const ask of [() => store.ready(), async () => store.get('a'), async () => store.count()]) {
  await ask().catch((error: Error & { code: string }) =>
    said.push(`${error.code} ${error.message}`),
  );
}
await store.close();
console.log(JSON.stringify(said));
