import { clientContract } from './clientContract.ts';
import { memoryHome } from './home.ts';
import { operatorContract } from './operatorContract.ts';
import { wireContract } from './wireContract.ts';

clientContract(memoryHome, 'v1');
clientContract(memoryHome, 'v2');
operatorContract(memoryHome);
wireContract(memoryHome);
