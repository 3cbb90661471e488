import type { AudioFormat } from '@topicast/contracts/http';
import type { Ticks90k } from '@topicast/contracts/units';
import type { AudioCodec } from '../codec/codec.js';
import { startsUnit } from './packet.js';
import { PesBuffer, parsePesHeader } from './pes.js';
import type { ElementaryStream } from './tables.js';
import type { Timeline } from './timeline.js';

const MAX_PENDING_BYTES = 1 << 20;

/** Packets of complete audio PES packets that wait for the next chunk. */
interface PendingAudio {
  readonly packets: readonly Uint8Array[];
  /** Time stamps of the first and the last PES packet. */
  readonly from: Ticks90k;
  readonly last: Ticks90k;
  /** End of the last one, as far as its frames tell. */
  readonly to: Ticks90k;
  /** Position in the stream of the first packet. */
  readonly start: number;
}

/** Collects audio PES packets; an unfinished one stays for a later chunk. */
export class AudioTrack {
  readonly #timeline: Timeline;
  readonly #codec: AudioCodec;
  readonly #stream: ElementaryStream;
  format: AudioFormat | undefined;
  pending: PendingAudio | undefined;
  /** PES packets that were dropped: unfinished, without a time, or more than may wait. */
  dropped = 0;
  #pendingBytes = 0;
  readonly #open = new PesBuffer();
  #openState: { start: number; length: number | undefined } | undefined;

  constructor(timeline: Timeline, codec: AudioCodec, stream: ElementaryStream) {
    this.#timeline = timeline;
    this.#codec = codec;
    this.#stream = stream;
  }

  push(packet: Uint8Array, position: number): void {
    if (startsUnit(packet)) {
      this.finish();
      this.#open.clear();
      this.#openState = { start: position, length: undefined };
    }
    if (!this.#openState) return;
    this.#open.add(packet);
    this.#openState.length ??= parsePesHeader(this.#open.pes)?.length;
    const { length } = this.#openState;
    if (length !== undefined && this.#open.pes.byteLength >= length) this.finish();
    else if (this.#open.packets.byteLength > MAX_PENDING_BYTES) this.lose();
  }

  /** A packet is missing, so the unfinished PES packet cannot become complete. */
  lose(): void {
    if (this.#openState) this.dropped++;
    this.#openState = undefined;
  }

  /** The unfinished PES packet ends here, if it has the length it declared. */
  finish(): void {
    const open = this.#openState;
    this.#openState = undefined;
    if (!open) return;
    const pes = this.#open.pes;
    const header = parsePesHeader(pes);
    if (!header || pes.byteLength < (header.length ?? 0)) {
      this.dropped++;
      return;
    }
    const payload = pes.subarray(header.payloadAt, header.length);
    const { format, duration } = this.#codec.inspect(payload, this.#stream);
    if (format) {
      const { codec, sampleRate, channels } = format;
      this.format = { codec, sampleRate, channels };
    }
    if (header.pts === undefined && !this.pending) {
      this.dropped++;
      return;
    }
    const from = header.pts === undefined ? this.pending!.to : this.#timeline.unwrap(header.pts);
    const packets = this.#open.packets.slice();
    if (this.#pendingBytes + packets.byteLength > MAX_PENDING_BYTES)
      this.dropped += this.take()!.packets.length;
    this.#pendingBytes += packets.byteLength;
    const to = (from + duration) as Ticks90k;
    this.pending = this.pending
      ? { ...this.pending, packets: [...this.pending.packets, packets], last: from, to }
      : { packets: [packets], from, last: from, to, start: open.start };
  }

  take(): PendingAudio | undefined {
    const taken = this.pending;
    this.pending = undefined;
    this.#pendingBytes = 0;
    return taken;
  }
}
