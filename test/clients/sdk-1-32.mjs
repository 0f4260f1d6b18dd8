import { Client } from 'sdk-1-32/client/index.js';
import { StreamableHTTPClientTransport } from 'sdk-1-32/client/streamableHttp.js';
import { travel } from './travel.mjs';
import { sdkV1 } from './sdk-v1.mjs';

await travel(sdkV1({ Client, StreamableHTTPClientTransport }));
