/** What `--help` prints: one screen for each program. */

const STREAMS = `  --input name=FILE_OR_URL   adds a stream from a file (looped, in real time), an http(s), rtmp(s), rtsp(s) or srt
                             URL, or a capture device (/dev/video0), and encodes it for low latency. You can repeat
                             this option. A ",ladder=720p+360p" at its end offers viewers several sizes
  --copy name=FILE_OR_URL    adds a stream without encoding its video again: this saves work, but keeps the delay
                             that the source's own encoding causes
  --demo, --no-demo          adds or leaves out the stream "demo", a moving test picture with a clock
  --help                     prints this text

Environment variables set everything else. docs/4-operate.md lists them; docs/1-run.md explains how to run Topicast.
`;

export const START_HELP = `npm start -- [options]

${STREAMS}`;

export const PRODUCER_HELP = `npm run producer -- [options]

The producer encodes streams and appends them to Kafka (KAFKA_BROKERS=host:port).

${STREAMS}`;

export const PROCESSORS_HELP = `npm run processors

Processors read streams from Kafka and do work: they send streams on to other servers, make thumbnails, and look and
listen for what viewers would miss.
Several processes share the streams. The only option is --help. The settings are environment variables, here with their
defaults in brackets:

  KAFKA_BROKERS                host:port of some brokers, separated by commas (required)
  TOPICAST_THUMBNAIL_SECONDS   how often each live stream gets a new picture, or off (5)
  TOPICAST_ANALYSE             whether to look for black and frozen pictures, silence and loudness: on, off, or in how
                               many streams at once (on: 16)
  TOPICAST_ALLOW_PRIVATE_URLS  1: streams may be sent on to private addresses (0)
  TOPICAST_WEBHOOK_URLS        addresses that are told when a stream is live, offline, away or has failed (none)
  TOPICAST_WEBHOOK_SECRET      signs what they are sent (required with the addresses)
  TOPICAST_PROCESSORS_PORT     the port for /healthz, /readyz and /metrics (none)
  FFMPEG_PATH                  the ffmpeg to run (the one on PATH)
  TOPICAST_LOG_LEVEL           how much to log (info)

docs/4-operate.md lists all settings; docs/1-run.md explains how to run Topicast.
`;

export const GATEWAY_HELP = `npm run gateway

The gateway reads streams from Kafka and sends them to viewers. It also serves the API, health checks and metrics.
Its only option is --help. Its settings are environment variables, here with their defaults in brackets:

  KAFKA_BROKERS              host:port of some brokers, separated by commas (required)
  TOPICAST_HOST              the address to listen on (127.0.0.1)
  TOPICAST_GATEWAY_PORT      the port to listen on (8080)
  TOPICAST_TOKEN             the operator's token (created at the first start; required if others can reach the gateway)
  TOPICAST_VIEWER_SECRET     if set, viewers need a token that is signed with it (not set: anybody can watch)
  TOPICAST_ALLOWED_HOSTS     the host names that the gateway answers to (addresses and localhost)
  TOPICAST_ALLOWED_ORIGINS   the origins of pages that may change something (the web app's own)
  TOPICAST_MEDIA_DIRS        the folders whose files the studio may stream (none)
  TOPICAST_GATEWAY_WORKERS   the number of processes that serve viewers (the number of cores)
  TOPICAST_MAX_VIEWERS       the most viewers at a time (5000)
  TOPICAST_DRAIN_SECONDS     how long viewers have to move to another gateway after SIGTERM (10)
  TOPICAST_LOG_LEVEL         how much to log (info)

docs/4-operate.md lists all settings; docs/1-run.md explains how to run Topicast.
`;

export const WEB_HELP = `npm run web

The web app has the home page, the watch page and the studio. Its only option is --help. Its settings are environment
variables, here with their defaults in brackets:

  TOPICAST_HOST                 the address to listen on (127.0.0.1)
  TOPICAST_WEB_PORT             the port to listen on (3000)
  TOPICAST_GATEWAY_PORT         the gateway's port, unless the next two variables name its address (8080)
  TOPICAST_GATEWAY_URL          the gateway's address for this server (http://127.0.0.1 and the gateway's port)
  TOPICAST_PUBLIC_GATEWAY_URL   the gateway's address for browsers (the page's host and the gateway's port)
  TOPICAST_LOG_LEVEL            how much to log (info)

docs/4-operate.md lists all settings; docs/1-run.md explains how to run Topicast.
`;
