import type { Taken, ToSource } from '../worklet/messages.js';
import type { PcmBlock } from '../worklet/pcm-ring.js';

/** About four seconds of AAC, so that a suspended worklet does not fill the memory. */
const MOST_UNTAKEN = 200;

/** Sends decoded sound to the worklet. */
export class SoundOutlet {
  /** The number of blocks that were not sent, because the worklet did not take those before. */
  dropped = 0;
  readonly #port: MessagePort;
  #sent = 0;
  #taken = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Taken>) => {
      this.#taken = data.blocks;
    };
  }

  send(block: PcmBlock): void {
    if (this.#sent - this.#taken >= MOST_UNTAKEN) {
      this.dropped += 1;
      return;
    }
    this.#sent += 1;
    this.#post(
      { type: 'pcm', ...block },
      block.channels.map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  /** Another media timeline begins. */
  reset(): void {
    this.#post({ type: 'reset' }, []);
  }

  close(): void {
    this.#port.close();
  }

  #post(message: ToSource, transfer: Transferable[]): void {
    this.#port.postMessage(message, transfer);
  }
}
