import { serve } from 'mcp-actors/node';
import { createContractRuntime } from './contractServer.ts';

const { url } = await serve(createContractRuntime(), { port: Number(process.env.PORT) });
console.log(url);
