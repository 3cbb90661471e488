import { streamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';
import { type Logger, pino } from 'pino';
import type { Listener } from '../door/entrance.js';
import type { Doorkeeper, Found, PublisherEnd, Refusal } from '../doorkeeper.js';
import { listenForRtmp } from '../rtmp/listener.js';

export const STREAM = streamId('show');
export const SECRET = 'a-secret-for-tests';

/** One publisher, as the doorkeeper saw it. */
export interface Guest {
  readonly parts: Uint8Array[];
  found: Found;
  end: PublisherEnd | undefined;
  dismiss(why: string): void;
}

export interface Reception extends AsyncDisposable {
  readonly listener: Listener;
  readonly guests: Guest[];
  /** Where an encoder publishes. */
  readonly address: string;
  /** What is said to everybody who has the key; absent: come in. */
  answer: Refusal | undefined;
}

/** A listener whose doorkeeper lets in everybody with the key, and keeps what they send. */
export async function openReception(
  options: {
    readonly patience?: Milliseconds;
    /** Of a seat whose publisher has sent something. */
    readonly seatPatience?: Milliseconds;
    readonly strangersPerAddress?: number;
    readonly logger?: Logger;
    /** Listens for RTMP unless given. */
    readonly listen?: typeof listenForRtmp;
  } = {},
): Promise<Reception> {
  const { listen = listenForRtmp, seatPatience, ...rest } = options;
  const guests: Guest[] = [];
  const doorkeeper: Doorkeeper = {
    async admit({ stream, secret }) {
      if (stream !== STREAM || secret !== SECRET) return 'unauthorized';
      if (reception.answer) return reception.answer;
      const dismissal = new AbortController();
      const guest: Guest = {
        ...{ parts: [], found: { notes: [], damaged: 0 }, end: undefined },
        dismiss: (why) => dismissal.abort(new Error(why)),
      };
      guests.push(guest);
      return {
        dismissed: dismissal.signal,
        ...(seatPatience !== undefined && { patience: seatPatience }),
        take: (bytes) => guest.parts.push(new Uint8Array(bytes)),
        note(found) {
          guest.found = found;
        },
        leave(end) {
          guest.end = end;
        },
      };
    },
  };
  const logger = pino({ enabled: false });

  const listener = await listen({ host: '127.0.0.1', port: 0, doorkeeper, logger, ...rest });
  const reception: Reception = {
    ...{ listener, guests, answer: undefined },
    address: `rtmp://127.0.0.1:${listener.port}/live/${STREAM}.${SECRET}`,
    [Symbol.asyncDispose]: () => listener.close(),
  };
  return reception;
}
