import { install } from './install.ts';

// With the referee comes the Node.js in which simulated histories take half of the time.
install(import.meta.dirname);
