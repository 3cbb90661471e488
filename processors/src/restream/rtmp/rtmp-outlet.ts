import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { TYPE } from '@topicast/rtmp';
import { DestinationError } from '../destination-error.js';
import type { Outlet, OutletFigures, SentChunk } from '../outlet.js';
import { metadata } from './commands.js';
import { FlvMessages } from './flv-messages.js';
import { Interleaver } from './interleaver.js';
import type { MediaMessage } from './media-message.js';
import type { RtmpPublication } from './publication.js';
import { SendQueue } from './send-queue.js';

/** Handed to the socket before it has taken the last ones: what is there cannot be dropped any more. */
const AHEAD_BYTES = 256 * 1024;
/** A destination that reads nothing for this long has to be called again. */
const STALLED_AFTER = milliseconds(15_000);
const STALLED =
  'The destination has read nothing for 15 s: the way to it may be too slow for the bitrate of the stream.';
const TYPES = { video: TYPE.video, audio: TYPE.audio } as const;

/** Sends a stream to a server of RTMP that takes it. */
export class RtmpOutlet implements Outlet {
  readonly ended: Promise<DestinationError>;
  readonly #publication: Pick<RtmpPublication, 'send' | 'unsent' | 'close' | 'end' | 'ended' | 'takes'>;
  readonly #now: () => Milliseconds;
  readonly #flv: FlvMessages;
  readonly #interleaver = new Interleaver();
  readonly #queue = new SendQueue();
  #hasBegun = false;
  #sentBytes = 0;
  /** When the destination last read something, or had nothing to read. */
  #lastProgress: Milliseconds;

  constructor(
    publication: Pick<RtmpPublication, 'send' | 'unsent' | 'close' | 'end' | 'ended' | 'takes'>,
    now: () => Milliseconds = Milliseconds.now,
  ) {
    this.#publication = publication;
    this.ended = publication.ended;
    this.#flv = new FlvMessages(publication.takes);
    this.#now = now;
    this.#lastProgress = now();
  }

  get figures(): OutletFigures {
    return {
      sentBytes: this.#sentBytes,
      unsentBytes: this.#queue.waiting + this.#publication.unsent,
      droppedPictures: this.#queue.droppedPictures,
      problem: this.#flv.note,
    };
  }

  take(chunk: SentChunk): void {
    if (!this.#hasBegun && !chunk.isStart) return;
    const now = this.#now();
    this.#hasBegun = true;
    const { messages, isNewSession } = this.#flv.of(chunk, now);
    const ready = isNewSession ? this.#interleaver.flush() : [];
    const { video, audio } = chunk.tracks;
    // Sound that the destination does not take is not waited for.
    const isAlone = !(video && audio) || this.#flv.note !== undefined;
    for (const message of messages) ready.push(...this.#interleaver.push(message, isAlone));
    for (const message of ready) this.#queue.push(message);
    if (isNewSession) this.#publication.send(TYPE.data, messages[0]?.time ?? 0, metadata(chunk.samples));
    this.#pump();
    if (this.#publication.unsent === 0) this.#lastProgress = now;
    const { refusal } = this.#flv;
    if (refusal !== undefined) this.#publication.end(new DestinationError('unsupported', refusal));
    else if (Milliseconds.sub(now, this.#lastProgress) > STALLED_AFTER) {
      this.#publication.end(new DestinationError('stalled', STALLED));
    }
  }

  close(): Promise<void> {
    return this.#publication.close();
  }

  #pump(): void {
    while (this.#publication.unsent < AHEAD_BYTES) {
      const message = this.#queue.shift();
      if (!message) return;
      this.#send(message);
    }
  }

  #send({ track, time, body }: MediaMessage): void {
    this.#sentBytes += body.byteLength;
    this.#publication.send(TYPES[track], time, body, () => {
      this.#lastProgress = this.#now();
      this.#pump();
    });
  }
}
