import { clusterContract } from './clusterContract.ts';
import { memoryHome } from './home.ts';

clusterContract(memoryHome);
