const WIDTH = 1280;
const HEIGHT = 720;
const FRAME_RATE = 30;
const SAMPLE_RATE = 48_000;

// ffmpeg has nothing to find out about raw data. Sound comes only as fast as ffmpeg takes pictures, so a long analysis
// would never end.
const unexamined = ['-probesize', '32', '-analyzeduration', '0'];

/** The test picture as it leaves this process: raw frames on ffmpeg's standard input, raw sound on its fd 3. */
export const TEST_PICTURE = {
  width: WIDTH,
  height: HEIGHT,
  frameRate: FRAME_RATE,
  sampleRate: SAMPLE_RATE,
  samplesPerFrame: SAMPLE_RATE / FRAME_RATE,
  pictures: [
    ...unexamined,
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${WIDTH}x${HEIGHT}`],
    ...['-framerate', String(FRAME_RATE), '-i', 'pipe:0'],
  ],
  sound: [
    ...unexamined,
    ...['-thread_queue_size', '64'],
    ...['-f', 's16le', '-ar', String(SAMPLE_RATE), '-ac', '1', '-i', 'pipe:3'],
  ],
  /** What the numbers of the raw frames mean, for the decoder. */
  colour: ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
};
