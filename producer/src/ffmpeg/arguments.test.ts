import { bitsPerSecond, ticks90k } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { type EncoderOptions, type EncodingPlan, ffmpegArguments } from './arguments.js';

const options: EncoderOptions = {
  ...{ preset: 'veryfast', maxHeight: 720, maxVideoBitrate: bitsPerSecond(3_000_000) },
  soundCodec: 'aac',
  ...{ threads: 2, libavformat: 59 },
};
const line = (plan: EncodingPlan, change: Partial<EncoderOptions> = {}): string =>
  ffmpegArguments(plan, { ...options, ...change }).join(' ');

const file = { kind: 'file', path: '/media/a film -i.webm' } as const;
const camera = { kind: 'url', url: 'rtsp://cam/1', protocol: 'rtsp', paced: false } as const;

describe('ffmpegArguments', () => {
  it('for the test picture: raw pictures and raw sound from this process', () => {
    expect(line({ input: { kind: 'test' }, video: 'encode', audio: 'encode' })).toMatchInlineSnapshot(
      `"-nostdin -nostats -hide_banner -loglevel warning -probesize 32 -analyzeduration 0 -f rawvideo -pix_fmt yuv420p -video_size 1280x720 -framerate 30 -i pipe:0 -probesize 32 -analyzeduration 0 -thread_queue_size 64 -f s16le -ar 48000 -ac 1 -i pipe:3 -map 0:v:0 -map 1:a:0 -c:v libx264 -preset veryfast -tune zerolatency -threads:v 2 -enc_time_base:v 1:90000 -profile:v high -pix_fmt yuv420p -bf 0 -crf 22.7 -maxrate:v 3000000 -bufsize:v 3000000 -x264-params ipratio=1 -force_key_frames expr:gte(t,n_forced*1) -forced-idr 1 -g 600 -sc_threshold 0 -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv -c:a aac -b:a 128k -ar 48000 -ac 2 -muxdelay 0 -muxpreload 0 -flush_packets 1 -max_interleave_delta 1 -pes_payload_size 0 -omit_video_pes_length 0 -max_muxing_queue_size 1024 -f mpegts pipe:1"`,
    );
  });

  it('for what an encoder publishes here: its keyframes and its times', () => {
    const published = (reordering: number): string =>
      line({
        input: { kind: 'published', reordering: ticks90k(reordering) },
        ...{ video: 'encode', audio: 'encode', soundTrack: 'none', isProgressive: true, rate: 30 },
        ladder: [{ height: 360, bitrate: 900_000 }],
      });
    expect(published(0)).toMatchInlineSnapshot(
      `"-nostdin -nostats -hide_banner -loglevel warning -thread_type slice -probesize 100000 -analyzeduration 0 -fpsprobesize 0 -fflags +nofillin+noparse -copyts -protocol_whitelist pipe -f mpegts -i pipe:0 -map 0:V:0? -vf scale=w=trunc(iw*if(lt(abs(sar-1)\\,0.01)+lte(sar\\,0.1)+gte(sar\\,10)\\,1\\,sar)*min(1\\,360/ih)/2)*2:h=trunc(ih*min(1\\,360/ih)/2)*2:flags=bilinear,setsar=1 -c:v libx264 -preset veryfast -tune zerolatency -threads:v 2 -enc_time_base:v 1:90000 -profile:v high -pix_fmt yuv420p -bf 0 -crf 22.7 -maxrate:v 900000 -bufsize:v 900000 -x264-params ipratio=1:fps=30.000 -force_key_frames source -forced-idr 1 -g 65000 -sc_threshold 0 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0 -flush_packets 1 -max_interleave_delta 1 -pes_payload_size 0 -omit_video_pes_length 0 -max_muxing_queue_size 1024 -f mpegts pipe:1"`,
    );
    expect(published(6_000)).toContain('-bsf:v setts=dts=PTS-0.06666666666666667/TB');
  });

  it('for a file: in a loop, square and not too large', () => {
    expect(line({ input: file, video: 'encode', audio: 'encode' })).toMatchInlineSnapshot(
      `"-nostdin -nostats -hide_banner -loglevel warning -stream_loop -1 -format_whitelist mov,matroska,mpegts,mpeg,mpegvideo,flv,live_flv,avi,asf,ogg,mxf,ivf,rm,gif,h264,hevc,m4v,mjpeg,wav,w64,aiff,mp3,aac,ac3,eac3,flac,caf -protocol_whitelist file -i file:/media/a film -i.webm -map 0:V:0? -map 0:a:0? -vf yadif=deint=interlaced,scale=w=trunc(iw*if(lt(abs(sar-1)\\,0.01)+lte(sar\\,0.1)+gte(sar\\,10)\\,1\\,sar)*min(1\\,720/ih)/2)*2:h=trunc(ih*min(1\\,720/ih)/2)*2:flags=bilinear,setsar=1 -c:v libx264 -preset veryfast -tune zerolatency -threads:v 2 -enc_time_base:v 1:90000 -profile:v high -pix_fmt yuv420p -bf 0 -crf 22.7 -maxrate:v 3000000 -bufsize:v 3000000 -x264-params ipratio=1 -force_key_frames expr:gte(t,n_forced*1) -forced-idr 1 -g 600 -sc_threshold 0 -af aresample=async=1000:min_hard_comp=0.015 -c:a aac -b:a 128k -ar 48000 -ac 2 -muxdelay 0 -muxpreload 0 -flush_packets 1 -max_interleave_delta 2000000 -pes_payload_size 0 -omit_video_pes_length 0 -max_muxing_queue_size 1024 -f mpegts pipe:1"`,
    );
  });

  it('with Opus where the operator wants it, for sound that is encoded', () => {
    const [encoded, copied] = (['encode', 'copy'] as const).map((audio) =>
      line({ input: camera, video: 'copy', audio }, { soundCodec: 'opus' }),
    );
    expect(encoded).toContain(
      '-c:a libopus -b:a 96k -frame_duration 10 -application lowdelay -ar 48000 -ac 2',
    );
    expect(copied).not.toContain('opus');
  });

  it('for a file sent as it is: no bitstream filter, which would not survive the loop', () => {
    const copy = line({ input: file, video: 'copy', audio: 'copy' });
    expect(copy).toContain('-c:v copy -c:a copy -muxdelay 0');
    expect(copy).not.toContain('-bsf');
  });

  it('for a source with data tracks: those of the plan beside whatever happens to the picture, once', () => {
    const ladder = [
      { height: 720, bitrate: 3_000_000 },
      { height: 360, bitrate: 800_000 },
    ];
    const args = line({ input: file, video: 'encode', audio: 'encode', data: [0, 2], ladder });
    expect(args.split('-map 0:d:0? -map 0:d:2? -c:d copy')).toHaveLength(2);
  });

  it('for a camera sent as it is: parameter sets before each keyframe', () => {
    expect(line({ input: camera, video: 'copy', audio: 'encode' })).toMatchInlineSnapshot(
      `"-nostdin -nostats -hide_banner -loglevel warning -format_whitelist mov,matroska,mpegts,mpeg,mpegvideo,flv,live_flv,avi,asf,ogg,mxf,ivf,rm,gif,h264,hevc,m4v,mjpeg,wav,w64,aiff,mp3,aac,ac3,eac3,flac,caf,hls,dash,rtsp,mpjpeg -protocol_whitelist rtsp,rtp,udp,tcp -fflags +genpts -thread_type slice -probesize 1000000 -analyzeduration 1000000 -rtsp_transport tcp+udp -rtsp_flags prefer_tcp -timeout 10000000 -i rtsp://cam/1 -map 0:V:0? -map 0:a:0? -c:v copy -bsf:v h264_mp4toannexb,dump_extra=freq=keyframe -af aresample=async=1000:min_hard_comp=0.04 -c:a aac -b:a 128k -ar 48000 -ac 2 -muxdelay 0 -muxpreload 0 -flush_packets 1 -max_interleave_delta 1 -pes_payload_size 0 -omit_video_pes_length 0 -max_muxing_queue_size 1024 -f mpegts pipe:1"`,
    );
  });

  it('for a camera that sends HEVC: the filter of its own', () => {
    const copy = line({ input: camera, video: 'copy', audio: 'copy', copiedVideo: 'hevc' });
    expect(copy).toContain('-bsf:v hevc_mp4toannexb,dump_extra=freq=keyframe');
  });

  it('knows what the timeout of RTSP was called before ffmpeg 5', () => {
    expect(line({ input: camera, video: 'encode', audio: 'encode' }, { libavformat: 58 })).toContain(
      '-stimeout 10000000',
    );
  });

  it('never opens a file on the way to an address', () => {
    for (const protocol of ['http', 'https', 'rtmp', 'rtmps', 'rtsp', 'rtsps', 'srt'] as const) {
      const input = { kind: 'url', url: `${protocol}://host/x`, protocol, paced: false } as const;
      const args = ffmpegArguments({ input, video: 'encode', audio: 'encode' }, options);
      const allowed = args[args.indexOf('-protocol_whitelist') + 1]!.split(',');
      expect(allowed).not.toContain('file');
      expect(allowed).not.toContain('concat');
    }
  });
});
