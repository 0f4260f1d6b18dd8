import { clusterContract } from '../../cluster/runtimes/clusterContract.ts';
import { redisHome } from './redisHome.ts';

clusterContract(redisHome);
