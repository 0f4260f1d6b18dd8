import { Client } from 'sdk-1-20/client/index.js';
import { StreamableHTTPClientTransport } from 'sdk-1-20/client/streamableHttp.js';
import { travel } from './travel.mjs';
import { sdkV1 } from './sdk-v1.mjs';

// By itself it tries twice within 2.5 s, and a server takes longer to start on a loaded machine.
const reconnectionOptions = {
  initialReconnectionDelay: 500,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.2,
  maxRetries: 30,
};

await travel(sdkV1({ Client, StreamableHTTPClientTransport }, { reconnectionOptions }));
