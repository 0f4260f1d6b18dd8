import { handleTimeContract } from './handleContract.ts';
import { memoryHome } from './home.ts';
import { taskTimeContract } from './taskContract.ts';

taskTimeContract(memoryHome);
handleTimeContract(memoryHome);
