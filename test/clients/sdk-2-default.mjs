import { travel } from './travel.mjs';
import { sdkV2 } from './sdk-v2.mjs';

await travel(sdkV2({}));
