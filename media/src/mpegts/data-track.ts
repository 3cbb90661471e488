import { startsUnit } from './packet.js';
import { PesBuffer, parsePesHeader } from './pes.js';
import { MAX_PRIVATE_BYTES, SectionAssembler } from './sections.js';

const MAX_PENDING_BYTES = 256 * 1024;

/** Packets of whole PES packets or sections of a data track that wait for the next chunk. */
interface PendingData {
  readonly packets: readonly Uint8Array[];
  /** Position in the stream of the first packet. */
  readonly start: number;
}

/** Collects the content of a data track; an unfinished PES packet or section stays for a later chunk. */
export class DataTrack {
  /** PES packets and sections that were dropped: unfinished, or more than may wait. */
  dropped = 0;
  #pending: { packets: Uint8Array[]; start: number; bytes: number } | undefined;
  readonly #open = new PesBuffer();
  #openAt: number | undefined;
  readonly #sections: SectionAssembler | undefined;

  constructor(inSections: boolean) {
    this.#sections = inSections ? new SectionAssembler(MAX_PRIVATE_BYTES) : undefined;
  }

  push(packet: Uint8Array, position: number): void {
    if (startsUnit(packet)) {
      this.lose();
      this.#open.clear();
      this.#openAt = position;
    }
    if (this.#openAt === undefined) return;
    this.#open.add(packet);
    if (this.#isWhole(packet)) this.#keep(this.#openAt);
    else if (this.#open.packets.byteLength > MAX_PENDING_BYTES) this.lose();
  }

  /** A packet is missing, so the unfinished data cannot become complete. */
  lose(): void {
    if (this.#openAt !== undefined) this.dropped++;
    this.#openAt = undefined;
    this.#sections?.lose();
  }

  /** The stream is over. */
  finish(): void {
    this.lose();
  }

  take(): PendingData | undefined {
    const taken = this.#pending;
    this.#pending = undefined;
    return taken;
  }

  #isWhole(packet: Uint8Array): boolean {
    if (this.#sections) return this.#sections.push(packet) !== undefined;
    // Only video may leave its length open (ISO 13818-1 2.4.3.7).
    const length = parsePesHeader(this.#open.pes)?.length;
    return length !== undefined && this.#open.pes.byteLength >= length;
  }

  #keep(start: number): void {
    this.#openAt = undefined;
    const packets = this.#open.packets.slice();
    if ((this.#pending?.bytes ?? 0) + packets.byteLength > MAX_PENDING_BYTES)
      this.dropped += this.take()?.packets.length ?? 0;
    this.#pending ??= { packets: [], start, bytes: 0 };
    this.#pending.packets.push(packets);
    this.#pending.bytes += packets.byteLength;
  }
}
