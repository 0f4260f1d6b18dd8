import { printOf, RecordSeal } from '../../src/cluster/recordSeal.ts';
import type { RedisServer } from './redisServer.ts';

/** What all keys of a cluster begin with, unless an option says otherwise. */
const PREFIX = 'mcpc:';

/** What a Redis has of one session of a cluster: a test lets time pass for it, and for nothing else. */
export class StoredSession {
  readonly #server: RedisServer;
  readonly #seal: RecordSeal;
  readonly #print: string;
  readonly #key: string;

  constructor(server: RedisServer, secret: string, id: string) {
    this.#server = server;
    this.#seal = new RecordSeal({ cluster: PREFIX, secrets: [secret], maxRecordBytes: 2 ** 20 });
    this.#print = printOf(id);
    this.#key = `${PREFIX}{${this.#print}}`;
  }

  /** The owner has had the session for longer, by milliseconds. */
  async heldFor(ms: number): Promise<void> {
    await this.#server.command('HINCRBY', this.#key, 'c', -ms);
  }

  /** The session is due earlier, by milliseconds: nobody alive may have it, and so its times in mind. */
  async pass(ms: number): Promise<void> {
    const server = this.#server;
    const record = this.#seal.openRecord(this.#print, await server.bytes('GET', `${this.#key}s`));
    const expiresAt = record.expiresAt - ms;
    await server.command(
      'SET',
      `${this.#key}s`,
      this.#seal.record(this.#print, { ...record, expiresAt }),
    );
    await server.command('HSET', this.#key, 'x', expiresAt);
    await server.command('ZADD', `${PREFIX}due`, expiresAt, this.#print);
  }
}
