/** What a viewer speaks: plain MPEG-TS, or `topicast.v1`. */
export const PROTOCOLS = ['raw', 'v1'] as const;
export type Protocol = (typeof PROTOCOLS)[number];
