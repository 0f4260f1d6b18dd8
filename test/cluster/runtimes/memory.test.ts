import { clientContract } from './clientContract.ts';
import { memoryHome } from './home.ts';

clientContract(memoryHome, 'v1');
clientContract(memoryHome, 'v2');
