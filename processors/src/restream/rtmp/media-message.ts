import type { Milliseconds } from '@topicast/contracts/units';

/** A message of the connection that carries media. */
export interface MediaMessage {
  readonly track: 'video' | 'audio';
  /** `config`: what follows cannot be decoded without it. `key`: decoding can begin with it. */
  readonly kind: 'config' | 'key' | 'delta' | 'sound';
  /** On the connection's time line: of decoding. */
  readonly time: Milliseconds;
  readonly body: Uint8Array;
}
