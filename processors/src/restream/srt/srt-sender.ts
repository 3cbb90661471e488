import { spawn } from 'node:child_process';
import { isIP } from 'node:net';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { bareEnvironment, requirePipes } from '../../ffmpeg/confined.js';
import { DestinationError } from '../destination-error.js';

/** A peer that is there answers within libsrt's three seconds. */
const PATIENCE = milliseconds(10_000);
const FAREWELL_MS = 500;
const LINES_BYTES = 16 * 1024;
/** Packets that mean nothing (ISO 13818-1 table 2-3), as many as a datagram has: ffmpeg looks at what comes first. */
const FILLER = Buffer.alloc(7 * 188, 0xff);
for (let at = 0; at < FILLER.length; at += 188) FILLER.set([0x47, 0x1f, 0xff, 0x10], at);

/**
 * ffmpeg as the sender of SRT, for which there is no library: bytes in, packets of SRT out, and nothing of MPEG-TS is
 * looked at. It ends with its input, and so with this process.
 */
export class SrtSender {
  readonly #child;
  /** Resolves with the reason when it is over, unless we closed it. */
  readonly ended: Promise<DestinationError>;
  readonly #exited: Promise<void>;
  #isClosing = false;
  #isConnected = false;
  #given: DestinationError | undefined;
  /** The last of what ffmpeg said. It has the passphrase in it, so nobody gets to see it. */
  #said = '';

  private constructor(ffmpegPath: string, url: string) {
    const options =
      '-v info -hide_banner -nostdin -nostats -probesize 32 -analyzeduration 0 -f data -i pipe:0';
    const args = [...`${options} -map 0 -c copy -flush_packets 0 -f data`.split(' '), url];
    const env = bareEnvironment();
    this.#child = spawn(ffmpegPath, args, { env, stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true });
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.ended = new Promise((resolve) => {
      void this.#exited.then(() => this.#isClosing || resolve(this.#reason()));
    });
    requirePipes(this.#child);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-LINES_BYTES);
    });
    this.#child.stdin.write(FILLER);
  }

  /**
   * Resolves when the peer has answered.
   * @param address of the host in the URL, judged
   * @throws {DestinationError}
   */
  static async open(
    ffmpegPath: string,
    { url: text, address }: { readonly url: string; readonly address: string },
    signal: AbortSignal,
  ): Promise<SrtSender> {
    const url = new URL(text);
    url.hostname = isIP(address) === 6 ? `[${address}]` : address;
    const sender = new SrtSender(ffmpegPath, url.href);
    const failed = sender.ended.then((error) => Promise.reject(error));
    const late = new DestinationError('unreachable', 'The destination did not answer by SRT within 10 s.');
    const given = new AbortController();
    try {
      await Promise.race([sender.#connected(signal, late, given.signal), failed]);
      return sender;
    } catch (error) {
      await sender.close();
      throw error;
    } finally {
      given.abort();
    }
  }

  /** Bytes that ffmpeg has not taken yet. */
  get unsent(): number {
    return this.#child.stdin.writableLength;
  }

  send(bytes: Uint8Array): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(bytes);
  }

  /** End it at once, for this reason. */
  end(error: DestinationError): void {
    this.#given ??= error;
    this.#child.kill('SIGKILL');
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#child.stdin.end();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), this.#isConnected ? FAREWELL_MS : 0);
    await this.#exited;
    clearTimeout(kill);
  }

  #connected(signal: AbortSignal, late: DestinationError, given: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begun = Milliseconds.now();
      const look = (): void => {
        // ffmpeg says this once the peer has answered.
        if (/^Output #0/m.test(this.#said)) {
          this.#isConnected = true;
          resolve();
        } else if (signal.aborted) {
          reject(new DestinationError('closed', 'The connection was given up.'));
        } else if (Milliseconds.sub(Milliseconds.now(), begun) > PATIENCE) {
          reject(late);
        }
      };
      const timer = setInterval(look, 50);
      given.addEventListener('abort', () => clearInterval(timer), { once: true });
    });
  }

  #reason(): DestinationError {
    if (this.#given) return this.#given;
    if (/passphrase|BADSECRET/i.test(this.#said.replace(/srt:\S+/g, ''))) {
      return new DestinationError('refused', 'The destination has another SRT passphrase: check it.');
    }
    if (/REJECT/.test(this.#said)) {
      return new DestinationError(
        'refused',
        'The destination refused the connection by SRT: check the streamid and the passphrase.',
      );
    }
    return this.#isConnected
      ? new DestinationError('closed', 'The connection by SRT has ended.')
      : new DestinationError(
          'unreachable',
          'Nobody answers by SRT at this address: check the host, the port, and that the other side listens.',
        );
  }
}
