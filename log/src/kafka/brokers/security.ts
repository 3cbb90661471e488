import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import { Transient } from '../errors.js';
import { type PrivateSasl, type SaslMechanism, saslProviders } from '../wire/kafkajs-private.js';

/** TLS, with PEM texts. Without `ca`, Node.js's own authorities count. Certificate and host name are checked. */
export interface Tls {
  readonly ca?: string;
  /** The client's certificate, if the broker asks for one. */
  readonly cert?: string;
  readonly key?: string;
}

/** `mechanism`, `username` and `password`. */
export type Sasl = Extract<SASLOptions, { readonly mechanism: SaslMechanism }>;

/** How connections are protected, and how we log in. */
export interface Security {
  readonly tls?: Tls;
  readonly sasl?: Sasl;
}

/**
 * A broker that is there but does not let us in, or that we do not trust: somebody has to change a setting. A running
 * log keeps trying, because that may happen; a log that is being opened reports it and gives up.
 */
export class NotAdmitted extends Transient {
  constructor(
    message: string,
    /** False if a broker that is just going away looks the same. */
    readonly isCertain: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A socket on its way to the broker; `onReady` is called when it may be written to. */
export function openSocket(
  { host, port }: { readonly host: string; readonly port: number },
  tls: Tls | undefined,
): { readonly socket: Socket; readonly onReady: (listener: () => void) => void } {
  if (!tls) {
    const socket = connectPlain({ host, port, noDelay: true, keepAlive: true });
    return { socket, onReady: (listener) => socket.once('connect', listener) };
  }
  const socket = connectTls({ ...tls, host, port });
  socket.setNoDelay(true).setKeepAlive(true);
  return { socket, onReady: (listener) => socket.once('secureConnect', listener) };
}

/**
 * SASL as kafkajs does it. kafkajs hides a broken connection behind the words "authentication failed". We throw what
 * really happened instead, because then another try makes sense.
 */
export function saslOf({ mechanism, username, password }: Sasl): PrivateSasl {
  const provider = saslProviders[mechanism]({ username, password });
  return {
    mechanism,
    authenticationProvider: (exchange) => {
      let broken: unknown;
      const { authenticate } = bound(
        provider({
          ...exchange,
          saslAuthenticate: async (step) => {
            try {
              return await exchange.saslAuthenticate(step);
            } catch (error) {
              if (!isOf(error, 'KafkaJSProtocolError')) broken = error;
              throw error;
            }
          },
        }),
      );
      return {
        authenticate: () =>
          authenticate().catch((error: unknown) => {
            throw broken ?? error;
          }),
      };
    },
  };
}

const bound = (one: { authenticate(): Promise<void> }): { authenticate(): Promise<void> } => ({
  authenticate: () => one.authenticate(),
});

interface Failure {
  readonly cause: unknown;
  /** Whether no broker has answered anything yet: once one has, the settings are right. */
  readonly isFirst: boolean;
  readonly security: Security;
}

interface Verdict {
  /** What is wrong, and what to check. */
  readonly words: string;
  readonly isCertain: boolean;
}

/** What a failed connection says about our settings; undefined if nothing. */
export function judge({ cause, isFirst, security: { tls, sasl } }: Failure): Verdict | undefined {
  const { code, message } = cause as { code?: unknown; message?: string };
  const said = (message ?? String(cause)).replace(/^Connection error: /, '').trim();
  if (typeof code === 'string' && TLS_ERROR.test(code)) {
    return { words: `${said}; ${TLS_ADVICE[code] ?? OTHER_TLS_ADVICE[adviceFor(code)]}`, isCertain: true };
  }
  if (isOf(cause, 'KafkaJSSASLAuthenticationError') || SASL_CODES.has(code)) {
    const login = `user "${sasl?.username}", ${sasl?.mechanism}`;
    return {
      words: `it refuses the login (${login}): ${said}; check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`,
      isCertain: true,
    };
  }
  if (!isFirst || !hungUp(cause, said)) return undefined;
  if (tls && /before secure TLS/.test(said)) {
    const words = 'it hangs up during the handshake; is that port for TLS? If not, remove KAFKA_SSL';
    return { words, isCertain: false };
  }
  const missing = [
    ...(tls ? [] : ['TLS (KAFKA_SSL=1)']),
    ...(sasl ? [] : ['a login (KAFKA_SASL_MECHANISM)']),
  ];
  const question = missing.length > 0 ? `does that port need ${missing.join(' or ')}?` : 'is that its port?';
  return { words: `it hangs up at the first request; ${question}`, isCertain: false };
}

/** Codes of OpenSSL's verification (X509_V_ERR_*) and of the TLS layer, as Node.js names them. */
const TLS_ERROR =
  /CERT|^ERR_(TLS|SSL|OSSL)_|^EPROTO$|^UNABLE_TO_|CRL|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$|^PATH_LENGTH/;
const TLS_ADVICE: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID:
    'name the broker, in KAFKA_BROKERS and in its advertised.listeners, as its certificate does',
  CERT_HAS_EXPIRED: "renew the broker's certificate, or correct this machine's clock",
  CERT_NOT_YET_VALID: "this machine's clock, or the clock that made the broker's certificate, is wrong",
};
const OTHER_TLS_ADVICE = {
  handshake: 'check the port, and whether the broker asks for a client certificate (KAFKA_SSL_CERT)',
  trust: "the broker's certificate is not from an authority we trust: check KAFKA_SSL_CA",
};
const adviceFor = (code: string): keyof typeof OTHER_TLS_ADVICE =>
  code.startsWith('E') ? 'handshake' : 'trust';

/** UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE (no SASL on that port), SASL_AUTHENTICATION_FAILED */
const SASL_CODES: ReadonlySet<unknown> = new Set([33, 34, 58]);

const hungUp = (cause: unknown, said: string): boolean =>
  isOf(cause, 'KafkaJSConnectionClosedError') ||
  /ECONNRESET|EPIPE|socket disconnected|Not connected/.test(said);

const isOf = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;
