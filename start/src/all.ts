import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@topicast/contracts/config';
import { operatorToken, readGatewayConfig } from '@topicast/gateway';
import { ProcessorsMetrics, readProcessorsConfig, startProcessors } from '@topicast/processors';
import { ProducerMetrics, readProducerConfig, startProducer } from '@topicast/producer';
import { parseArguments } from './arguments.js';
import { checkMediaFolders, prepareDataFolder } from './folders.js';
import { START_HELP } from './help.js';
import { openGateway } from './open-gateway.js';
import { openLog, readSharedConfig, type SharedConfig } from './open-log.js';
import { endWithHelp, noteUnknownSettings, runProgram } from './program.js';

/** Everything on one machine: producer, processors and gateway on one log in this process, the web app in another. */
await runProgram(true, async (signal, logger, fail) => {
  const { inputs, help } = parseArguments(process.argv.slice(2), { demo: true });
  if (help) endWithHelp(START_HELP);
  noteUnknownSettings(logger);
  const shared = readSharedConfig();
  const producerConfig = readProducerConfig(process.env);
  const processorsConfig = readProcessorsConfig(process.env);
  const gatewayConfig = readGatewayConfig(process.env);
  checkPorts(shared);
  await portIsFree(shared.TOPICAST_WEB_PORT, shared.TOPICAST_HOST);
  await checkMediaFolders(gatewayConfig.mediaDirectories, logger);
  if (!shared.KAFKA_BROKERS || gatewayConfig.token === undefined)
    await prepareDataFolder(shared.TOPICAST_DATA_DIR);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const log = await openLog(shared, logger, fail);
    closing.push(() => log.close());
    const token = await operatorToken(gatewayConfig);
    const metrics = new ProducerMetrics();
    const processorsMetrics = new ProcessorsMetrics();
    const options = {
      ...{ log, config: gatewayConfig, logger, operatorToken: token, signal },
      otherMetrics: [metrics.registry, processorsMetrics.registry],
    };
    const gateway = await openGateway(options, gatewayConfig.workers ?? 1);
    closing.push(() => gateway.close());
    const producer = await startProducer({ log, config: producerConfig, logger, inputs, signal, metrics });
    closing.push(() => producer.close());
    const processors = await startProcessors({
      ...{ log, config: processorsConfig, ffmpegPath: producer.ffmpegPath, logger, signal },
      metrics: processorsMetrics,
    });
    closing.push(() => processors.close());
    const web = await startWeb(shared, fail);
    closing.push(() => stopWeb(web));
    process.stdout.write(addresses(shared, inputs[0]?.id, token, producer.rtmpPort));
    return { close, drainMs: gatewayConfig.drain };
  } catch (error) {
    await close();
    throw error;
  }
});

/**
 * @throws {ConfigError} if both ports are the same; otherwise the second listener would only say that the port is in
 * use.
 */
function checkPorts({ TOPICAST_WEB_PORT: web, TOPICAST_GATEWAY_PORT: gateway }: SharedConfig): void {
  if (web !== gateway || web === 0) return;
  throw new ConfigError(
    `TOPICAST_WEB_PORT and TOPICAST_GATEWAY_PORT are both ${web}: give the web app and the gateway a port each`,
  );
}

async function portIsFree(port: number, host: string): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

async function startWeb(shared: SharedConfig, fail: (error: unknown) => void): Promise<ChildProcess> {
  // The operator's secrets stay here, because every visitor talks to that process.
  const {
    TOPICAST_TOKEN: _token,
    TOPICAST_VIEWER_SECRET: _secret,
    KAFKA_SASL_PASSWORD: _password,
    TOPICAST_WEBHOOK_SECRET: _key,
    TOPICAST_WEBHOOK_URLS: _urls,
    TOPICAST_PUBLISH_WEBHOOK_URL: _url,
    ...environment
  } = process.env;
  const child = fork(fileURLToPath(new URL('./web.js', import.meta.url)), {
    // The child has its own group, so Ctrl-C reaches only this process, which ends the child in order.
    detached: true,
    // Next prints a greeting on its standard output, and errors on standard error.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      TOPICAST_GATEWAY_URL: `http://${reachable(shared.TOPICAST_HOST)}:${shared.TOPICAST_GATEWAY_PORT}`,
      TOPICAST_LOG_LEVEL: 'warn',
      ...environment,
      NODE_ENV: 'production',
    },
  });
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error('the web app did not start; the lines above say why.');
  }
  child.once('exit', (code, name) =>
    fail(new Error(`the web app ended by itself (${name ?? `exit code ${code}`})`)),
  );
  return child;
}

async function stopWeb(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit');
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** An address of this machine at which a server that listens there can be reached. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function addresses(
  shared: SharedConfig,
  first: string | undefined,
  token: string,
  rtmpPort: number | undefined,
): string {
  const host = reachable(shared.TOPICAST_HOST);
  const web = `http://${host}:${shared.TOPICAST_WEB_PORT}`;
  // Show the token only to a person at a terminal, because output that goes elsewhere is often kept.
  const studio = process.stdout.isTTY ? `/studio#token=${token}` : '/studio';
  return [
    '',
    '  Topicast is running',
    `  Watch    ${web}${first ? `/watch/${first}` : ''}`,
    `  Studio   ${web}${studio}`,
    `  API      http://${host}:${shared.TOPICAST_GATEWAY_PORT}/docs`,
    ...(rtmpPort === undefined ? [] : [`  Encoders rtmp://${host}:${rtmpPort}/live (OBS: docs/1-run.md)`]),
    '  Ctrl-C ends it.',
    '',
    '',
  ].join('\n');
}
