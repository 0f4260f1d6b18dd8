import { contract } from './contract.ts';
import { DOORS } from './doors/index.ts';

for (const door of DOORS) {
  contract(door, 'v1');
  contract(door, 'v2');
}
