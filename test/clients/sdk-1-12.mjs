import { Client } from 'sdk-1-12/client/index.js';
import { StreamableHTTPClientTransport } from 'sdk-1-12/client/streamableHttp.js';
import { travel } from './travel.mjs';
import { sdkV1 } from './sdk-v1.mjs';

// It opens its GET stream again only where it has seen an event id on it.
await travel({ ...sdkV1({ Client, StreamableHTTPClientTransport }), forgetsGet: true });
