import { ActorsError } from '../base/errors.ts';

/** What the first word of an error of Redis means for a store. */
const MEANINGS: Readonly<Record<string, string>> = {
  OOM: 'Redis has no memory left',
  READONLY: 'This Redis is a replica, which takes no writes',
  MISCONF: 'Redis can not write to its disk',
  NOREPLICAS: 'Redis has fewer replicas than it is told to have',
  WRONGPASS: 'Redis refuses the name or the password',
  NOAUTH: 'Redis wants a password',
  NOPERM: 'Redis does not permit what a store needs to this user',
  MOVED: 'This is a node of a Redis Cluster: give a client that is a Cluster',
  BUSY: 'Redis is busy with a script',
};

/** What Redis says of a script that does what its user may not. */
const IN_SCRIPT = /^ERR The user executing the script can't/;

/** The error of a store that Redis has refused something; the cause has the words of Redis. */
export function refusalOf(cause: unknown): ActorsError {
  const said = cause instanceof Error ? cause.message.replace(IN_SCRIPT, 'NOPERM') : '';
  const [, word = ''] = /^([A-Z]+)\b/.exec(said) ?? [];
  const meaning = Object.hasOwn(MEANINGS, word) ? MEANINGS[word]! : 'Redis refused';
  return new ActorsError('store-unavailable', meaning, { cause });
}
