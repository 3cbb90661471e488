import type { Peer, PeerOptions } from './peer.js';

/** Makes the peers of those who are let in. */
export interface Peers {
  /** Of our certificate. */
  readonly fingerprint: string;
  open(options: Omit<PeerOptions, 'certificate'>): Peer;
}

/** Loads the code for handshakes, which takes most of a second, and 30 MB. */
export async function loadPeers(): Promise<Peers> {
  const [{ Peer }, { newCertificate }] = await Promise.all([
    import('./peer.js'),
    import('./dtls/certificate.js'),
  ]);
  const certificate = await newCertificate();
  return {
    fingerprint: certificate.fingerprint,
    open: (options) => new Peer({ ...options, certificate }),
  };
}
