/**
 * A doorbell for one waiter: `rung()` resolves at the next ring, or at once if it rang since the last wait. Any number
 * of rings between two waits count as one, so nothing is queued.
 */
export class Wake {
  #ringing = false;
  #answer: (() => void) | undefined;

  ring(): void {
    this.#ringing = true;
    this.#answer?.();
  }

  async rung(): Promise<void> {
    if (!this.#ringing) {
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
      this.#answer = undefined;
    }
    this.#ringing = false;
  }
}
