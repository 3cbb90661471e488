import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Other programs on this machine must not use our proxy, so its address contains a password. */
export class ProxyAccess {
  readonly #password = randomBytes(24).toString('base64url');
  readonly #expected = Buffer.from(`Basic ${Buffer.from(`topicast:${this.#password}`).toString('base64')}`);

  /** For ffmpeg's environment, which no process list shows. */
  address(port: number): string {
    return `http://topicast:${this.#password}@127.0.0.1:${port}`;
  }

  allows(proxyAuthorization: string | undefined): boolean {
    const given = Buffer.from(proxyAuthorization ?? '');
    return given.length === this.#expected.length && timingSafeEqual(given, this.#expected);
  }

  /** The header of an answer with status 407; ffmpeg sends the password only when asked. */
  static readonly challenge = 'Basic realm="topicast"';
}
