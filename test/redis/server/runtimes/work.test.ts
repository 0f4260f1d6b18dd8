import { workContract } from '../../../cluster/runtimes/clusterContract.ts';
import { redisHome } from '../redisHome.ts';

workContract(redisHome);
