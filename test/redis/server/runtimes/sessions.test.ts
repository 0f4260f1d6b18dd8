import { sessionsContract } from '../../../cluster/runtimes/clusterContract.ts';
import { redisHome } from '../redisHome.ts';

sessionsContract(redisHome);
