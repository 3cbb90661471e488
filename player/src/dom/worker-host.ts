import type { Problem } from '../core/types.js';
import type { ToPage, ToWorker } from '../worker/messages.js';

/** The worker's program as text, which the bundler adds. If the sources run unbundled, its use throws. */
declare const TOPICAST_WORKER_SOURCE: string;

const NO_WORKER: Problem = {
  reason: 'unsupported',
  message:
    "The player's worker did not start: allow `worker-src blob:` in the page's Content-Security-Policy, or name a worker.js on the page's origin in worker-src.",
};

interface WorkerHostEvents {
  onMessage(message: ToPage): void;
  /** The worker did not start, or has failed; it sends nothing more. */
  onFailed(problem: Problem): void;
}

/** One worker: started and ended here, with typed messages. */
export class WorkerHost {
  readonly #worker: Worker | undefined;
  #blobAddress: string | undefined;
  #started = false;

  /**
   * @param src of worker.js; without it, the bundled program as a blob, because workers cannot be loaded from another
   * origin.
   */
  constructor(src: string | undefined, events: WorkerHostEvents) {
    try {
      this.#worker = new Worker(src ?? this.#makeBlobAddress(), { name: 'topicast-player' });
    } catch {
      queueMicrotask(() => events.onFailed(NO_WORKER));
      return;
    }
    this.#worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
      this.#started = true;
      this.#revoke();
      events.onMessage(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.close();
      events.onFailed(
        this.#started ? { reason: 'media', message: `The worker broke: ${event.message}` } : NO_WORKER,
      );
    };
  }

  post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  close(): void {
    this.#revoke();
    this.#worker?.terminate();
  }

  #makeBlobAddress(): string {
    const program = new Blob([TOPICAST_WORKER_SOURCE], { type: 'text/javascript' });
    this.#blobAddress = URL.createObjectURL(program);
    return this.#blobAddress;
  }

  #revoke(): void {
    if (this.#blobAddress) URL.revokeObjectURL(this.#blobAddress);
    this.#blobAddress = undefined;
  }
}
