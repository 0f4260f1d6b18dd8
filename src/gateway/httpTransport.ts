import { firstInstalled } from '../base/firstInstalled.ts';
import type { SdkTransport } from '../wire/sdkTransport.ts';

/** How the SDK's client transport for Streamable HTTP is made, v1 or v2. */
export interface HttpTransportOptions {
  readonly requestInit: RequestInit;
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

/** The SDK's client transport for Streamable HTTP: the members that v1 and v2 both have. */
export interface HttpTransport extends Omit<SdkTransport, 'send'> {
  send(
    message: object,
    options?: { readonly onresumptiontoken?: (token: string) => void },
  ): Promise<void>;
  setProtocolVersion(version: string): void;
  terminateSession(): Promise<void>;
}

type Maker = new (url: URL, options: HttpTransportOptions) => HttpTransport;

/**
 * Makes the client transport of the SDK that is installed.
 *
 * @throws ActorsError `sdk-missing` where no client of the SDK is installed
 */
export async function openHttpTransport(
  url: URL,
  options: HttpTransportOptions,
): Promise<HttpTransport> {
  const Transport = await firstInstalled<Maker>(
    [
      async () =>
        (await import('@modelcontextprotocol/sdk/client/streamableHttp.js'))
          .StreamableHTTPClientTransport as Maker,
      async () =>
        (await import('@modelcontextprotocol/client')).StreamableHTTPClientTransport as Maker,
    ],
    '@modelcontextprotocol/client (v2) or @modelcontextprotocol/sdk (v1)',
  );
  return new Transport(url, options);
}
