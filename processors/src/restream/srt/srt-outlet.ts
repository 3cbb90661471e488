import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { SrtDestination } from '@topicast/sources';
import { addressOf, type Network } from '@topicast/sources/open';
import { DestinationError } from '../destination-error.js';
import type { Outlet, OutletFigures, SentChunk } from '../outlet.js';
import { SrtSender } from './srt-sender.js';
import { TsUnits } from './ts-units.js';

/** Some seconds of a stream. SRT itself drops what is too late; this is for an ffmpeg that hangs. */
const MOST_WAITING_BYTES = 8 << 20;
/** An ffmpeg that leaves no room for this long has to be started again. */
const STALLED_AFTER = milliseconds(15_000);

interface SrtRules {
  readonly ffmpegPath: string;
  readonly network?: Network;
}

/** @throws {DestinationError} {SourceError} */
export async function openSrt(
  { url, host, fenced }: SrtDestination,
  { ffmpegPath, network }: SrtRules,
  signal: AbortSignal,
): Promise<Outlet> {
  const address = await addressOf(host, { fenced }, network);
  return new SrtOutlet(await SrtSender.open(ffmpegPath, { url, address }, signal));
}

type Sender = Pick<SrtSender, 'send' | 'unsent' | 'ended' | 'end' | 'close'>;

/** Sends a stream as MPEG-TS over SRT. */
export class SrtOutlet implements Outlet {
  readonly ended: Promise<DestinationError>;
  readonly #sender: Sender;
  readonly #now: () => Milliseconds;
  readonly #units = new TsUnits();
  /** For a keyframe: at the beginning, and after a loss. */
  #waits = true;
  /** When there was last room for more. */
  #lastRoom: Milliseconds;
  #sentBytes = 0;
  #droppedPictures = 0;

  constructor(sender: Sender, now: () => Milliseconds = Milliseconds.now) {
    this.#sender = sender;
    this.#now = now;
    this.#lastRoom = now();
    this.ended = sender.ended;
  }

  get figures(): OutletFigures {
    const { unsent } = this.#sender;
    const droppedPictures = this.#droppedPictures;
    return { sentBytes: this.#sentBytes, unsentBytes: unsent, droppedPictures, problem: undefined };
  }

  take(chunk: SentChunk): void {
    const now = this.#now();
    const hasRoom = this.#sender.unsent < MOST_WAITING_BYTES;
    if (hasRoom) this.#lastRoom = now;
    else if (Milliseconds.sub(now, this.#lastRoom) > STALLED_AFTER) {
      this.#sender.end(new DestinationError('stalled', 'Nothing could be sent by SRT for 15 s.'));
    }
    if (!hasRoom && !this.#waits) {
      this.#waits = true;
      this.#units.lose();
    }
    if (this.#waits && chunk.isStart && hasRoom) this.#waits = false;
    if (this.#waits) {
      if (this.#sentBytes > 0) this.#droppedPictures += chunk.samples.video.length;
      return;
    }
    for (const bytes of this.#units.of(chunk, now)) {
      this.#sentBytes += bytes.byteLength;
      this.#sender.send(bytes);
    }
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
