import { journey } from './journey.mjs';
import { sdkV2 } from './sdk-v2.mjs';

await journey(sdkV2({ versionNegotiation: { mode: 'auto' } }));
