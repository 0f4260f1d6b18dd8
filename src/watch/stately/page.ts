import { randomBytes } from 'node:crypto';

/**
 * Makes the page around the hosted inspector. The page hands what comes from the bridge's WebSocket
 * to the inspector's frame, and to no other window, by `postMessage`, as the browser adapter of
 * `@statelyai/inspect` does.
 *
 * @param host the `Host` of the request, already admitted: the WebSocket is at this address
 */
export function inspectorPage(
  inspector: URL,
  host: string,
): { readonly html: string; readonly headers: Record<string, string> } {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    `frame-src ${originsOf(inspector).join(' ')}`,
    `connect-src ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    html: html(inspector, nonce),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      // The token is in the page's URL.
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  };
}

/** The inspector's origin and those below it: a site may move its inspector to a subdomain. */
function originsOf({ origin, protocol, hostname }: URL): string[] {
  const isName = /[a-z]/.test(hostname) && hostname.includes('.');
  return isName ? [origin, `${protocol}//*.${hostname}`] : [origin];
}

function html(inspector: URL, nonce: string): string {
  const source = inspector.href.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sessions in the Stately inspector</title>
<style nonce="${nonce}">
html, body { height: 100%; margin: 0; display: flex; flex-direction: column; color-scheme: light dark; }
iframe { flex: 1; border: 0; }
output { font: 12px/24px system-ui, sans-serif; padding: 0 12px; }
</style>
<iframe src="${source}" referrerpolicy="no-referrer" title="Stately inspector"></iframe>
<output>Waiting for the inspector at ${source}</output>
<script nonce="${nonce}">${SCRIPT}</script>
</html>
`;
}

/** Each connection begins with every definition, so nothing is kept for a frame that reloads. */
const SCRIPT = `
const frame = document.querySelector('iframe');
const line = document.querySelector('output');
let socket, target, timer, wait = 500, count = 0;
const say = (text) => { line.textContent = text; };
const connect = () => {
  clearTimeout(timer);
  const last = socket;
  const mine = socket = new WebSocket(location.href.replace(/^http/, 'ws'));
  last?.close();
  mine.onopen = () => { wait = 500; };
  mine.onmessage = ({ data }) => {
    frame.contentWindow.postMessage(JSON.parse(data), target);
    say('Live: ' + ++count + ' events shown to ' + target);
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    say('Not connected to the process: trying again');
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 15000);
  };
};
addEventListener('message', ({ source, origin, data }) => {
  if (source !== frame.contentWindow || data?.type !== '@statelyai.connected') return;
  target = origin;
  connect();
});
`;
