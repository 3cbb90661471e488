import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ServedLog } from '../chunk-log.js';
import { ServedConnection } from './served-connection.js';
import { SharedAnswers } from './shared-answers.js';
import { SharedTails } from './shared-tails.js';

/** Gives a log to the other processes of this machine that know its address: the workers of a gateway. */
export class LogServer {
  readonly #folder: string;
  readonly #server: Server;
  readonly tails: SharedTails;
  readonly #connections = new Set<ServedConnection>();

  private constructor(
    /** For {@link RemoteLog}; in a folder that only this user can enter. */
    readonly address: string,
    folder: string,
    server: Server,
    log: ServedLog,
    logger: Logger,
  ) {
    this.#folder = folder;
    this.#server = server;
    this.tails = new SharedTails(log);
    const shared = { tails: this.tails, answers: new SharedAnswers(log) };
    // One connection could not be accepted; the existing ones continue.
    server.on('error', (error) => logger.error({ err: error }, 'a client could not connect to the log'));
    server.on('connection', (socket) => {
      const connection = new ServedConnection(socket, log, shared, logger);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
  }

  static async start(log: ServedLog, logger: Logger): Promise<LogServer> {
    const folder = await mkdtemp(join(tmpdir(), 'topicast-reader-'));
    // Windows has no such files, but its own pipes.
    const address = process.platform === 'win32' ? `\\\\.\\pipe${folder.slice(2)}` : join(folder, 'log.sock');
    const server = createServer();
    server.listen(address);
    await once(server, 'listening');
    return new LogServer(address, folder, server, log, logger);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.end();
    await closed;
    await this.tails.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
