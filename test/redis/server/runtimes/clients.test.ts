import { clientsContract } from '../../../cluster/runtimes/clusterContract.ts';
import { redisHome } from '../redisHome.ts';

clientsContract(redisHome);
