import { X509Certificate } from 'node:crypto';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from 'werift';

/** Ours, made anew by each process: its fingerprint is in each answer, so nobody has to know it before. */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly signatureHash: Awaited<
    ReturnType<typeof CipherContext.createSelfSignedCertificateWithKey>
  >['signatureHash'];
  readonly fingerprint: string;
}

export async function newCertificate(): Promise<Certificate> {
  const made = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return { ...made, fingerprint: fingerprintOf(new X509Certificate(made.certPem)) };
}

/** SHA-256, as descriptions write it (RFC 8122 5). */
export const fingerprintOf = (certificate: X509Certificate): string => certificate.fingerprint256;
