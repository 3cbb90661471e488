import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStreamKey } from '@topicast/contracts/ingest-key';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { ConnectionEnd } from '../door/connection-end.js';
import type { Welcome } from '../door/entrance.js';
import { Publisher } from '../door/publisher.js';
import { FlvTransport, type MediaMessage } from '../flv/transport.js';
import { readValues, type Value } from './amf0.js';
import * as answers from './answers.js';
import { ChunkReader, type ReaderLimits } from './chunk-reader.js';
import { Handshake } from './handshake.js';
import { type Message, TYPE } from './message.js';
import { WireError } from './wire-error.js';

/** Until a publisher is let in: for the handshake and the commands. After that: for the next picture or sound. */
const PATIENCE = milliseconds(10_000);
const LOOK_EVERY_MS = 1_000;
/** How long a publisher may take to read why it has to go. */
const FAREWELL_MS = 500;
/** Commands are short. */
const AT_THE_DOOR: ReaderLimits = { chunkStreams: 16, messageBytes: 64 * 1024, pendingBytes: 64 * 1024 };
/** A keyframe of 4K has some 2 MB. */
const INSIDE: ReaderLimits = { chunkStreams: 16, messageBytes: 8 << 20, pendingBytes: 12 << 20 };
/** Before it is let in. */
const MOST_BYTES_AT_THE_DOOR = 256 * 1024;
/** Encoders send ten or so. */
const MOST_MESSAGES_AT_THE_DOOR = 64;
/** How long whoever has a wrong key waits for the answer. */
const WRONG_KEY_MS = 1_000;
const MOST_ANSWERS_UNREAD_BYTES = 64 * 1024;
const PING_REQUEST = 6;
const NOTHING_CAME =
  'The encoder was let in, but sent neither picture nor sound for ten seconds: check that it has both, and try again.';
const OUR_STREAM = 1;

interface ConnectionOptions extends Welcome {
  readonly patience?: Milliseconds;
}

/** One connection of RTMP, from its first byte to its last. The caller owns the socket until `run`, which closes it. */
export class PublisherConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #patience: Milliseconds;
  readonly #reader = new ChunkReader(AT_THE_DOOR);
  readonly #gone = new AbortController();
  #handshake: Handshake | undefined = new Handshake();
  #publisher: Publisher<MediaMessage> | undefined;
  #end: ConnectionEnd | undefined;
  readonly #begun = Milliseconds.now();
  #received = 0;
  #messagesAtTheDoor = 0;
  #isConnected = false;
  #acknowledged = 0;
  #window = 2_500_000;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Resolves when the connection is gone and its seat is free. Rejects then for a fault of ours. */
  async run(): Promise<ConnectionEnd> {
    const { signal } = this.#options;
    const stop = (): void =>
      this.#finish({ why: 'gone' }, answers.dismissed(OUR_STREAM, 'The server is ending.'));
    const watch = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#socket.once('close', () => this.#gone.abort());
    // The loop below hears of errors while it runs; a socket may have one after it, too.
    this.#socket.on('error', () => undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let fault: unknown;
    try {
      for await (const data of this.#socket) {
        // After the end, what still comes is thrown away until the publisher has read our farewell.
        if (!this.#end) await this.#onData(data as Buffer);
      }
    } catch (error) {
      if (error instanceof WireError) this.#onWireError(error);
      else if (!isOfTheSocket(error)) fault = error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
      this.#gone.abort();
      this.#socket.destroy();
    }
    const end = this.#end ?? (this.#publisher ? { why: 'gone' } : { why: 'nothing' });
    if (end.why === 'gone' || end.why === 'cut') this.#publisher?.seat.leave(end);
    if (fault !== undefined) throw fault;
    return end;
  }

  async #onData(data: Uint8Array): Promise<void> {
    this.#received += data.byteLength;
    let rest = data;
    if (this.#handshake) {
      const { reply, isDone, taken } = this.#handshake.push(data);
      if (reply.byteLength > 0) this.#send(reply);
      if (!isDone) return;
      this.#handshake = undefined;
      rest = data.subarray(taken);
    }
    if (!this.#publisher && this.#received > MOST_BYTES_AT_THE_DOOR) {
      throw new WireError('too much before it was let in');
    }
    const flood = this.#publisher?.receive(data.byteLength);
    if (flood) {
      this.#cut(flood);
      return;
    }
    for (const message of this.#reader.push(rest)) {
      // Nothing of what follows is read before it is certain who sends it.
      const work = this.#onMessage(message);
      if (work) await work;
      if (this.#end) return;
    }
    this.#acknowledge();
  }

  #onMessage(message: Message): Promise<void> | undefined {
    const { type, body } = message;
    if (!this.#publisher && ++this.#messagesAtTheDoor > MOST_MESSAGES_AT_THE_DOOR) {
      throw new WireError('too many messages before it was let in');
    }
    const problem = this.#publisher && judge(this.#publisher, message);
    if (problem) {
      this.#cut(problem);
      return undefined;
    }
    switch (type) {
      case TYPE.video:
      case TYPE.audio:
        if (!this.#publisher) throw new WireError('media before it was let in');
        return undefined;
      case TYPE.command:
        return this.#onCommand(readValues(body), message.streamId);
      case TYPE.command3:
        // After a byte, what clients send as AMF 3 begins as AMF 0.
        return this.#onCommand(readValues(body.subarray(1)), message.streamId);
      case TYPE.windowSize:
        if (body.byteLength >= 4)
          this.#window = Math.max(1_024, new DataView(body.buffer, body.byteOffset).getUint32(0));
        return undefined;
      case TYPE.userControl:
        if (body[0] === 0 && body[1] === PING_REQUEST) this.#send(answers.pong(body.subarray(2)));
        return undefined;
      default:
        return undefined;
    }
  }

  #onCommand(values: readonly Value[] | undefined, streamId: number): Promise<void> | undefined {
    if (!values) throw new WireError('a command that cannot be read');
    const [name, transaction, , argument] = values;
    switch (name) {
      case 'connect':
        if (this.#isConnected) throw new WireError('a second connect');
        this.#isConnected = true;
        this.#send(...answers.connected(transaction));
        return undefined;
      case 'createStream':
        this.#send(answers.streamCreated(transaction, OUR_STREAM));
        return undefined;
      case 'publish':
        return this.#onPublish(typeof argument === 'string' ? argument : '', streamId);
      case 'play':
      case 'play2':
        this.#finish({ why: 'refused' }, answers.playRefused(streamId));
        return undefined;
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream':
        if (this.#publisher) this.#finish({ why: 'gone' });
        return undefined;
      default:
        // Commands that some clients send and none waits for: releaseStream, FCPublish, _checkbw, and the like.
        return undefined;
    }
  }

  async #onPublish(name: string, streamId: number): Promise<void> {
    if (this.#publisher) throw new WireError('a second publish');
    const { doorkeeper, onRefused, onAdmitted } = this.#options;
    const shown = parseStreamKey(name.split('?')[0]!);
    const answer = shown ? await doorkeeper.admit(shown, this.#gone.signal) : 'unauthorized';
    if (typeof answer === 'string') {
      onRefused(answer);
      // Whoever guesses has to wait, and there is room for few who wait.
      if (answer === 'unauthorized') {
        await sleep(WRONG_KEY_MS, undefined, { signal: this.#gone.signal }).catch(() => undefined);
      }
      this.#finish({ why: 'refused' }, answers.refused(streamId, answer));
      return;
    }
    this.#publisher = new Publisher(answer, (onBytes) => new FlvTransport(onBytes));
    onAdmitted();
    const { dismissed } = answer;
    const dismiss = (): void => {
      const why = dismissed.reason instanceof Error ? dismissed.reason.message : '';
      this.#finish({ why: 'gone' }, answers.dismissed(streamId, why));
    };
    this.#reader.allow(INSIDE);
    this.#send(answers.published(streamId));
    if (dismissed.aborted) dismiss();
    else dismissed.addEventListener('abort', dismiss, { once: true, signal: this.#gone.signal });
  }

  #onWireError({ message }: WireError): void {
    const problem = `The encoder's connection was ended: ${message}. Try again; if it happens again, use another encoder.`;
    this.#end ??= this.#publisher ? { why: 'cut', problem } : { why: 'broken', problem: message };
  }

  #look(): void {
    const since = this.#publisher?.lastMedia ?? this.#begun;
    if (Milliseconds.sub(Milliseconds.now(), since) < this.#patience) return;
    if (!this.#publisher) this.#socket.destroy();
    else if (this.#publisher.hasMedia) this.#finish({ why: 'gone' });
    else this.#cut(NOTHING_CAME);
  }

  #cut(problem: string): void {
    this.#finish({ why: 'cut', problem }, answers.dismissed(OUR_STREAM, problem));
  }

  /** The first reason counts. */
  #finish(end: ConnectionEnd, farewell?: Uint8Array): void {
    if (this.#end) return;
    this.#end = end;
    if (farewell && this.#socket.writable) this.#socket.end(farewell);
    else this.#socket.destroy();
    setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref();
  }

  #acknowledge(): void {
    if (this.#received - this.#acknowledged < this.#window) return;
    this.#acknowledged = this.#received;
    this.#send(answers.acknowledged(this.#received));
  }

  #send(...messages: readonly Uint8Array[]): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > MOST_ANSWERS_UNREAD_BYTES)
      throw new WireError('it does not read our answers');
    this.#socket.write(Buffer.concat(messages));
  }
}

/** @returns why the publisher has to be cut */
function judge(publisher: Publisher<MediaMessage>, { type, timestamp, body }: Message): string | undefined {
  const flood = publisher.count();
  if (flood || (type !== TYPE.video && type !== TYPE.audio)) return flood;
  return publisher.take({ kind: type === TYPE.video ? 'video' : 'audio', timestamp, body }, timestamp);
}

/** What the peer does to its end, or we to ours, has a code. */
const isOfTheSocket = (error: unknown): boolean => error instanceof Error && 'code' in error;
