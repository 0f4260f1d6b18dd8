import { clientContract } from './clientContract.ts';
import { memoryHome } from './home.ts';
import { leavingContract } from './leavingContract.ts';
import { limitContract } from './limitContract.ts';
import { lifeContract } from './lifeContract.ts';
import { machineContract } from './machineContract.ts';
import { modernContract } from './modernContract.ts';
import { operatorContract } from './operatorContract.ts';
import { wireContract } from './wireContract.ts';

clientContract(memoryHome, 'v1');
clientContract(memoryHome, 'v2');
operatorContract(memoryHome);
wireContract(memoryHome);
lifeContract(memoryHome);
leavingContract(memoryHome);
limitContract(memoryHome);
modernContract(memoryHome);
machineContract(memoryHome);
