/**
 * The WebSocket address of a stream: absolute, ws or wss.
 * @throws {TypeError} if `src` is no address
 */
export function streamAddress(src: string, rendition: number | undefined): string {
  const address = new URL(src, document.baseURI);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`not a WebSocket address: ${src}`);
  address.hash = '';
  if (rendition) address.searchParams.set('rendition', String(rendition));
  return address.href;
}
