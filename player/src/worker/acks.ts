import { formatPosition, type Position } from '@topicast/contracts/position';

const EVERY_CHUNKS = 10;
const EVERY_MS = 100;

/** Tells the gateway how far we are, often enough that it never takes us for slow (250 ms), seldom enough to be cheap. */
export class Acks {
  private last: Position | undefined;
  private unsent = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (position: string) => void) {}

  received(position: Position): void {
    this.last = position;
    this.unsent += 1;
    if (this.unsent >= EVERY_CHUNKS) this.flush();
    else this.timer ??= setTimeout(this.flush, EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.unsent = 0;
  }

  private readonly flush = (): void => {
    this.stop();
    if (this.last) this.send(formatPosition(this.last));
  };
}
