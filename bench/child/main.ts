import { echoServers, type ServerName } from '../contenders/echo.ts';
import { contenders, type ContenderName } from '../contenders/index.ts';
import { createProbes } from './probes.ts';
import type { Question, Reply } from './questions.ts';

const tell = (reply: Reply): void => {
  process.send?.(reply);
};

const [, , name, server] = process.argv;
const contender = await contenders[name as ContenderName](echoServers[server as ServerName]);
const probes = createProbes(() => contender.busy());

async function answer({ seq, kind, args }: Question): Promise<void> {
  try {
    // The kind selects the probe, so the arguments are its own; TypeScript loses that link.
    const probe = probes[kind] as (...args: unknown[]) => Promise<never>;
    tell({ seq, answer: await probe(...args) });
  } catch (error) {
    tell({ seq, error: String(error) });
  }
}

process.on('message', (question: Question) => void answer(question));
// A parent that died leaves no server behind.
process.on('disconnect', () => process.exit());
tell({ ready: contender.port });
