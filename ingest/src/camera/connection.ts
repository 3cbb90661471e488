import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStreamKey } from '@topicast/contracts/ingest-key';
import {
  decodeIngestMedia,
  IngestClose,
  type IngestMedia,
  type IngestNews,
  MAX_INGEST_TEXT_BYTES,
  parsePublish,
} from '@topicast/contracts/ingest-message';
import { bytes, Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { RawData, WebSocket } from 'ws';
import type { ConnectionEnd } from '../door/connection-end.js';
import type { Welcome } from '../door/entrance.js';
import { Publisher } from '../door/publisher.js';
import type { Refusal } from '../doorkeeper.js';
import { CameraTransport } from './transport.js';

/** RFC 6455 7.4.1: its owner has stopped it. Any other code, or none, is a connection that was lost. */
const NORMAL_CLOSE = 1000;
/** A keyframe of 4K has some 2 MB. */
export const MOST_MESSAGE_BYTES = 8 << 20;
/** Until a publisher is let in; after that, for the next picture or sound. */
const PATIENCE = milliseconds(10_000);
const LOOK_EVERY_MS = 1_000;
/** Before it is let in: the request, and the message with the key. */
const MOST_BYTES_AT_THE_DOOR = 16 * 1024;
/** How long whoever has a wrong key waits for the answer. */
const WRONG_KEY_MS = 1_000;
/** The last message of each such time is acknowledged: the sound alone comes each 20 ms. */
const ACKNOWLEDGE_EVERY = milliseconds(25);
const MOST_ANSWERS_UNREAD_BYTES = 64 * 1024;
/** How long a publisher may take to read why it has to go. */
const FAREWELL_MS = 500;
const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;
const SERVER_ENDS = 'The server is ending.';
const NOTHING_CAME = 'Neither picture nor sound has come for too long.';

const REFUSALS: Record<Refusal, { readonly code: IngestClose; readonly words: string }> = {
  unauthorized: {
    code: IngestClose.unauthorized,
    words: 'This stream key is not valid: copy it again from the studio, or renew it there.',
  },
  busy: { code: IngestClose.busy, words: 'Another encoder is sending to this stream.' },
  stopped: { code: IngestClose.stopped, words: 'The stream is stopped: start it in the studio.' },
  forbidden: {
    code: IngestClose.stopped,
    words: 'The operator of this server does not allow this stream at present: ask them.',
  },
  unavailable: {
    code: IngestClose.unavailable,
    words: 'The server cannot take the stream at the moment: try again.',
  },
};

interface ConnectionOptions extends Welcome {
  readonly patience?: Milliseconds;
}

type Stage =
  | { readonly at: 'door' }
  /** Its key is being looked at, and it has to be silent. */
  | { readonly at: 'asked' }
  | { readonly at: 'seat'; readonly publisher: Publisher<IngestMedia> }
  | { readonly at: 'end' };

/**
 * One WebSocket of an encoder, from its first message to its last. The caller owns it until `run`, which closes it, and
 * hears its errors: they are what the peer does to its end, and the code of the close tells as much.
 */
export class CameraConnection {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #patience: Milliseconds;
  readonly #begun = Milliseconds.now();
  readonly #gone = new AbortController();
  #stage: Stage = { at: 'door' };
  #publisher: Publisher<IngestMedia> | undefined;
  #end: ConnectionEnd | undefined;
  #fault: unknown;
  #asking: Promise<void> | undefined;
  #seenOnWire = 0;
  #received = 0;
  #acknowledgedAt = Milliseconds.never;
  #acknowledging: NodeJS.Timeout | undefined;

  constructor(webSocket: WebSocket, socket: Socket, options: ConnectionOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Resolves when the connection is gone and its seat is free. Rejects then for a fault of ours. */
  async run(): Promise<ConnectionEnd> {
    const { signal } = this.#options;
    const stop = (): void => this.#finish({ why: 'gone' }, IngestClose.goingAway, SERVER_ENDS);
    const watch = setInterval(() => this.#look(), LOOK_EVERY_MS);
    const closed = new Promise<number>((resolve) => this.#webSocket.once('close', (code) => resolve(code)));
    this.#webSocket.on('message', (data, isBinary) => this.#guarded(() => this.#onMessage(data, isBinary)));
    // Parts of a message count too, whatever it will become.
    const count = (): void => this.#guarded(() => this.#onBytes());
    this.#socket.on('data', count);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const code = await closed;
    clearInterval(watch);
    clearTimeout(this.#acknowledging);
    this.#socket.off('data', count);
    signal.removeEventListener('abort', stop);
    this.#stage = { at: 'end' };
    this.#gone.abort();
    await this.#asking;
    const left = { why: code === NORMAL_CLOSE ? ('finished' as const) : ('gone' as const) };
    const end = this.#end ?? (this.#publisher ? left : { why: 'nothing' });
    if (end.why === 'finished' || end.why === 'gone' || end.why === 'cut') this.#publisher?.seat.leave(end);
    if (this.#fault !== undefined) throw this.#fault;
    return end;
  }

  /** A fault of ours ends the connection, and no other. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fault ??= error;
      this.#webSocket.terminate();
    }
  }

  #onBytes(): void {
    const { bytesRead } = this.#socket;
    const flood = this.#publisher?.receive(bytesRead - this.#seenOnWire);
    this.#seenOnWire = bytesRead;
    if (flood) this.#cut(flood);
    else if (!this.#publisher && bytesRead > MOST_BYTES_AT_THE_DOOR) {
      this.#break('too much before it was let in');
    }
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const message = data as Buffer;
    switch (this.#stage.at) {
      case 'door':
        if (isBinary || message.byteLength > MAX_INGEST_TEXT_BYTES) this.#break('no stream key');
        else this.#ask(message.toString());
        break;
      case 'asked':
        this.#break('a message before the answer');
        break;
      case 'seat':
        if (isBinary) this.#onMedia(this.#stage.publisher, message);
        else this.#cutIf(this.#stage.publisher.count());
        break;
      case 'end':
        break;
    }
  }

  #ask(text: string): void {
    const key = parsePublish(text);
    if (key === undefined) {
      this.#break('no stream key');
      return;
    }
    this.#stage = { at: 'asked' };
    this.#asking = this.#admit(key).catch((error: unknown) => {
      this.#fault ??= error;
      this.#webSocket.terminate();
    });
  }

  async #admit(key: string): Promise<void> {
    const { doorkeeper, onRefused, onAdmitted } = this.#options;
    const shown = parseStreamKey(key);
    const answer = shown ? await doorkeeper.admit(shown, this.#gone.signal) : 'unauthorized';
    if (typeof answer === 'string') {
      onRefused(answer);
      // Whoever guesses has to wait, and there is room for few who wait.
      if (answer === 'unauthorized') {
        await sleep(WRONG_KEY_MS, undefined, { signal: this.#gone.signal }).catch(() => undefined);
      }
      const { code, words } = REFUSALS[answer];
      this.#finish({ why: 'refused' }, code, words);
      return;
    }
    if (this.#stage.at === 'end') {
      answer.leave({ why: 'gone' });
      return;
    }
    const publisher = new Publisher<IngestMedia>(answer, (onBytes) => new CameraTransport(onBytes));
    this.#publisher = publisher;
    this.#stage = { at: 'seat', publisher };
    onAdmitted();
    const { dismissed } = answer;
    const dismiss = (): void => {
      const words = dismissed.reason instanceof Error ? dismissed.reason.message : '';
      this.#finish({ why: 'gone' }, IngestClose.dismissed, words);
    };
    this.#send({ type: 'on air' });
    if (dismissed.aborted) dismiss();
    else dismissed.addEventListener('abort', dismiss, { once: true, signal: this.#gone.signal });
  }

  #onMedia(publisher: Publisher<IngestMedia>, message: Buffer): void {
    this.#received += message.byteLength;
    const media = decodeIngestMedia(message);
    if (media === undefined) {
      this.#cut('The camera sent what cannot be read: reload its page, and try again.');
      return;
    }
    this.#cutIf(publisher.count());
    if (this.#stage.at !== 'seat' || media === 'unknown') return;
    const isConfig = media.kind === 'video config' || media.kind === 'audio config';
    this.#cutIf(publisher.take(media, isConfig ? undefined : Math.floor(media.time / TICKS_PER_MS) % WRAP));
    this.#acknowledge();
  }

  /** At once, or together with what comes soon; but the last message never waits for another one. */
  #acknowledge(): void {
    if (this.#acknowledging) return;
    const since = Milliseconds.sub(Milliseconds.now(), this.#acknowledgedAt);
    const now = (): void => {
      this.#acknowledging = undefined;
      this.#acknowledgedAt = Milliseconds.now();
      this.#send({ type: 'ack', bytes: bytes(this.#received) });
    };
    if (since >= ACKNOWLEDGE_EVERY) now();
    else this.#acknowledging = setTimeout(now, ACKNOWLEDGE_EVERY - since);
  }

  #look(): void {
    const since = this.#publisher?.lastMedia ?? this.#begun;
    const ofSeat = this.#publisher?.hasMedia ? this.#publisher.seat.patience : undefined;
    if (Milliseconds.sub(Milliseconds.now(), since) < (ofSeat ?? this.#patience)) return;
    if (this.#publisher) this.#finish({ why: 'gone' }, IngestClose.silent, NOTHING_CAME);
    else this.#webSocket.terminate();
  }

  #cutIf(problem: string | undefined): void {
    if (problem !== undefined) this.#cut(problem);
  }

  #cut(problem: string): void {
    this.#finish({ why: 'cut', problem }, IngestClose.cut, problem);
  }

  #break(problem: string): void {
    this.#finish({ why: 'broken', problem }, IngestClose.badMessage, problem);
  }

  /** The first reason counts. */
  #finish(end: ConnectionEnd, code: IngestClose, words: string): void {
    if (this.#end) return;
    this.#end = end;
    this.#stage = { at: 'end' };
    // A reason in the close frame has room for 123 bytes (RFC 6455 5.5).
    this.#send({ type: 'end', words });
    this.#webSocket.close(code);
    setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS).unref();
  }

  #send(news: IngestNews): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    if (this.#webSocket.bufferedAmount > MOST_ANSWERS_UNREAD_BYTES) this.#webSocket.terminate();
    else this.#webSocket.send(JSON.stringify(news));
  }
}
