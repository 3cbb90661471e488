/** Descriptors in a PMT (ISO 13818-1 2.6): tag 8 | length 8 | body. */
const TAG_REGISTRATION = 0x05;
const TAG_ISO_639_LANGUAGE = 0x0a;

/** The body of the first descriptor with this tag. */
export function findDescriptor(descriptors: Uint8Array, tag: number): Uint8Array | undefined {
  for (let at = 0; at + 2 <= descriptors.byteLength; at += 2 + descriptors[at + 1]!) {
    if (descriptors[at] === tag) return descriptors.subarray(at + 2, at + 2 + descriptors[at + 1]!);
  }
  return undefined;
}

/** The format_identifier of the registration descriptor (2.6.8), such as 'Opus' or 'CUEI'. */
export function registrationOf(descriptors: Uint8Array): string | undefined {
  const body = findDescriptor(descriptors, TAG_REGISTRATION);
  return body && body.byteLength >= 4 ? String.fromCharCode(...body.subarray(0, 4)) : undefined;
}

/** ISO 639-2 (2.6.18), such as 'eng'; undefined if it is absent or declared as undetermined. */
export function languageOf(descriptors: Uint8Array): string | undefined {
  const body = findDescriptor(descriptors, TAG_ISO_639_LANGUAGE) ?? [];
  const code = String.fromCharCode(...body.slice(0, 3)).toLowerCase();
  return /^[a-z]{3}$/.test(code) && code !== 'und' ? code : undefined;
}
