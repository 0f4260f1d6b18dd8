import { journey } from './journey.mjs';
import { restart } from './restart.mjs';

/** Takes a client on the journey `process.argv[3]` names. */
export const travel = process.argv[3] === 'restart' ? restart : journey;
