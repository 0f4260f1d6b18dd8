import { clientContract } from './clientContract.ts';
import { endContract } from './endContract.ts';
import { followContract } from './followContract.ts';
import type { MakeHome } from './home.ts';
import { handleContract } from './handleContract.ts';
import { leavingContract } from './leavingContract.ts';
import { lifeContract } from './lifeContract.ts';
import { limitContract } from './limitContract.ts';
import { machineContract } from './machineContract.ts';
import { modernContract } from './modernContract.ts';
import { operatorContract } from './operatorContract.ts';
import { taskContract } from './taskContract.ts';
import { suspicionContract } from './suspicionContract.ts';
import { statsContract } from './statsContract.ts';
import { wireContract } from './wireContract.ts';

/** What a cluster of several runtimes does, whatever its engine and link are. */
export function clusterContract(make: MakeHome): void {
  clientsContract(make);
  sessionsContract(make);
  workContract(make);
}

/** Its first part: clients of either SDK, what goes over the wire, and whoever looks at sessions. */
export function clientsContract(make: MakeHome): void {
  clientContract(make, 'v1');
  clientContract(make, 'v2');
  wireContract(make);
  operatorContract(make);
  statsContract(make);
}

/** Its second part: how sessions live, and what becomes of them and of processes. */
export function sessionsContract(make: MakeHome): void {
  lifeContract(make);
  endContract(make);
  leavingContract(make);
  followContract(make);
  limitContract(make);
  suspicionContract(make);
}

/** Its third part: what belongs to all processes beside sessions, and machines of their own. */
export function workContract(make: MakeHome): void {
  modernContract(make);
  taskContract(make);
  handleContract(make);
  machineContract(make);
}
