import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './end-with-us.js';
import { until } from './poll.js';

const starter = fileURLToPath(new URL('../../start/setup.mjs', import.meta.url));
/** It may have to build its pages first. */
const SETUP_MS = 200_000;
const ANSWER_MS = 1_000;

export interface WebApp {
  readonly origin: string;
  close(): Promise<void>;
}

/** The web app in a process of its own, for a gateway at this address. */
export async function startWebApp(
  port: number,
  gateway: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<WebApp> {
  const child = spawn(process.execPath, [starter, 'web'], {
    env: {
      ...process.env,
      ...environment,
      TOPICAST_WEB_PORT: String(port),
      TOPICAST_GATEWAY_URL: gateway,
      TOPICAST_PUBLIC_GATEWAY_URL: gateway,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data;
    });
  }
  const origin = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(output);
    // It listens before it can answer.
    const signal = AbortSignal.timeout(ANSWER_MS);
    return (await fetch(`${origin}/healthz`, { signal })).ok;
  };
  await until('the web app answers', answers, { limitMs: SETUP_MS });
  return {
    origin,
    async close() {
      child.kill('SIGTERM');
      await until('the web app has ended', () => child.exitCode !== null || child.signalCode !== null);
    },
  };
}
