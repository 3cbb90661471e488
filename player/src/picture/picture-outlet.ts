/** The track holds one picture; more than this mean that nobody takes them. */
const MOST_UNTAKEN = 3;

/** Gives pictures to the track in the page's video element. Whatever comes is closed, shown or not. */
export class PictureOutlet {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #untaken = 0;

  constructor(track: WritableStream<VideoFrame>) {
    this.#writer = track.getWriter();
  }

  /** @returns false if the track takes nothing */
  show(picture: VideoFrame): boolean {
    if (this.#untaken >= MOST_UNTAKEN) {
      picture.close();
      return false;
    }
    this.#untaken += 1;
    const done = (): void => {
      this.#untaken -= 1;
      picture.close();
    };
    this.#writer.write(picture).then(done, done);
    return true;
  }

  close(): void {
    this.#writer.close().catch(() => {});
  }
}
