import { closeSync } from 'node:fs';
import { type Arguments, readArguments } from './arguments.ts';
import { openStore, placeOf } from './open-store.ts';
import { runSeveral } from './several.ts';
import { start } from './start.ts';
import { keepStatusLine } from './status-line.ts';
import { welcome } from './welcome.ts';

// A terminal or pipe that is gone must not end the server, least of all while it drains.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const { processes, ...told } = readArguments();

if (processes === undefined) await runAlone(told);
else await runSeveral({ ...told, processes });

async function runAlone({ data, ...where }: Arguments): Promise<void> {
  // With a folder or a Redis for them, sessions outlive this process.
  const place = data === undefined ? {} : { store: await openStore(data) };
  const { runtime, host, inspector } = await start(where, place);
  const kept = data && placeOf(data);
  console.log(welcome({ url: host.url, inspector: inspector?.url, data: kept }));
  const stopStatusLine = keepStatusLine(runtime);

  const signal = await new Promise((resolve) => {
    // Not `once`: npm repeats a Ctrl-C to its child. The drain ends by itself, so it may ignore more.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolve(name));
  });

  stopStatusLine();
  console.log('Finishing what is in flight …');
  await host.close({ deadlineMs: 5000 });
  // At exit node restores the terminal, and aborts when an open one is gone.
  if (signal === 'SIGHUP') for (const fd of [0, 1, 2]) closeSync(fd);
  process.exit(0);
}
