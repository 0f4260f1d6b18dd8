import { claimContract } from './claimContract.ts';
import type { EngineHome } from './engineRig.ts';
import { forgetContract } from './forgetContract.ts';
import { leaseContract } from './leaseContract.ts';
import { listContract } from './listContract.ts';
import { quarantineContract } from './quarantineContract.ts';
import { writeContract } from './writeContract.ts';

/** What every engine of a cluster does. `open` is called once a test and makes an empty memory. */
export function engineContract(name: string, open: () => Promise<EngineHome>): void {
  leaseContract(name, open);
  claimContract(name, open);
  writeContract(name, open);
  forgetContract(name, open);
  listContract(name, open);
  quarantineContract(name, open);
}
