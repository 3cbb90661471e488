import { INGEST_SUBPROTOCOL, publishMessage } from '@topicast/contracts/ingest-message';
import { WebSocket } from 'ws';
import { SECRET, STREAM } from './reception.js';

/** A client that also says what no browser would say. */
export class CameraClient implements Disposable {
  readonly socket: WebSocket;
  readonly heard: Record<string, unknown>[] = [];
  code: number | undefined;

  constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}`, INGEST_SUBPROTOCOL);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => this.heard.push(JSON.parse(String(data))));
    this.socket.on('close', (code) => {
      this.code = code;
    });
  }

  get isOnAir(): boolean {
    return this.heard[0]?.type === 'on air';
  }

  /** What it was told at the end. */
  get words(): unknown {
    return this.heard.find(({ type }) => type === 'end')?.words;
  }

  /** As soon as the connection is open. */
  send(...messages: readonly (string | Uint8Array)[]): this {
    const go = (): void => messages.forEach((message) => void this.socket.send(message, () => undefined));
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.once('open', go);
    else if (this.socket.readyState === WebSocket.OPEN) go();
    return this;
  }

  publish(key = `${STREAM}.${SECRET}`): this {
    return this.send(publishMessage(key));
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
