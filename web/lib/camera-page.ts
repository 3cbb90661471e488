import { parseStreamKey } from '@topicast/contracts/ingest-key';

/** Where a stream is sent from a browser. */
export const cameraPage = (id: string): string => `/studio/${id}/camera`;

/**
 * Open it with the stream key, which travels in the fragment: that is never sent to a server. A whole new page, because
 * the policy that lets it use devices comes with its answer.
 */
export function goToCamera(id: string, key: string): void {
  location.assign(`${cameraPage(id)}#${new URLSearchParams({ key })}`);
}

/** What is wrong with a text as the key of this stream; undefined if nothing is. */
export function keyProblem(text: string, id: string): string | undefined {
  if (text === '') return 'Paste the stream key here.';
  const key = parseStreamKey(text);
  if (!key) return 'This is no stream key: it begins with the id of the stream, and a dot.';
  return key.stream === id ? undefined : `This is the key of another stream, ${key.stream}.`;
}
