/** What the owner of a stream with a ladder should know about its lower renditions. */
export const CANNOT_MAKE =
  'The smaller sizes cannot be made: this producer has an ffmpeg that is older than version 5. Install a newer one, or set FFMPEG_PATH to one.';

export const nothingSmaller = (height: number): string =>
  `The encoder sends ${height} lines, and the stream asks for no smaller size, so there is one size: send a larger picture, or choose smaller sizes.`;

export const tooSlow = (share: number): string =>
  `This machine is too slow for the smaller sizes, and leaves out ${Math.round(share * 100)} % of their pictures: choose fewer sizes, or send a smaller picture or a lower frame rate.`;

export const ENDED =
  'The encoder of the smaller sizes has ended, and starts again at a keyframe. The size that your encoder sends goes on. If this does not pass, look at the last lines of the encoder.';

export const OPEN_GOPS =
  'No smaller size can be made of what the encoder sends: its keyframes are followed by pictures that are shown before them. Turn open GOPs off in the encoder, or set its B-frames to 0.';
