import { engineSought } from '../../src/session/schemaEngine.ts';

await engineSought();
