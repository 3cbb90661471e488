/** What `--help` prints: one screen per program. */

const STREAMS = `  --input name=FILE_OR_URL   a stream from a file (looped, in real time), an http(s), rtmp(s), rtsp(s) or srt URL,
                             or a capture device (/dev/video0); encoded for low latency; may be repeated;
                             with ",ladder=720p+360p" at its end, in several sizes for viewers to choose from
  --copy name=FILE_OR_URL    the same with the video as it is: less work, but the source's own delay
  --demo, --no-demo          with or without the stream "demo", a moving test picture with a clock
  --help                     this text

All else is set by environment variables: docs/4-operate.md lists them, docs/1-run.md tells how to run it.
`;

export const START_HELP = `npm start -- [options]

${STREAMS}`;

export const PRODUCER_HELP = `npm run producer -- [options]

The producer: encodes streams and appends them to Kafka (KAFKA_BROKERS=host:port).

${STREAMS}`;

export const GATEWAY_HELP = `npm run gateway

The gateway: reads streams from Kafka and sends them to viewers; API, health, metrics. It takes no options but --help;
its settings are environment variables:

  KAFKA_BROKERS              host:port, several separated by commas; needed
  TOPICAST_HOST              the address to listen on; 127.0.0.1
  TOPICAST_GATEWAY_PORT      8080
  TOPICAST_TOKEN             the operator's token; made at the first start, needed where others can reach the gateway
  TOPICAST_VIEWER_SECRET     viewers then need a token that is signed with it; viewing is public without
  TOPICAST_ALLOWED_HOSTS     names under which the gateway is asked; addresses and localhost
  TOPICAST_ALLOWED_ORIGINS   pages that may change something; the web app's own
  TOPICAST_MEDIA_DIRS        folders whose files the studio may stream; none
  TOPICAST_GATEWAY_WORKERS   processes that serve viewers; the cores of the machine
  TOPICAST_MAX_VIEWERS       5000
  TOPICAST_DRAIN_SECONDS     how long viewers have for moving on SIGTERM; 10
  TOPICAST_LOG_LEVEL         info

docs/4-operate.md lists all of them, docs/1-run.md tells how to run it.
`;

export const WEB_HELP = `npm run web

The web app: home, watch page, studio. It takes no options but --help; its settings are environment variables:

  TOPICAST_HOST                 the address to listen on; 127.0.0.1
  TOPICAST_WEB_PORT             3000
  TOPICAST_GATEWAY_PORT         where the gateway is, unless the two below say it; 8080
  TOPICAST_GATEWAY_URL          the gateway's address for this server; http://127.0.0.1, the gateway's port
  TOPICAST_PUBLIC_GATEWAY_URL   the gateway's address for browsers; the page's host, the gateway's port
  TOPICAST_LOG_LEVEL            info

docs/4-operate.md lists all of them, docs/1-run.md tells how to run it.
`;
