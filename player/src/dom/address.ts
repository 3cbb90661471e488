/**
 * The WebSocket addresses of a stream, one a gateway: absolute, ws or wss.
 * @param src one or more addresses, also several in a text, separated by white space
 * @throws {TypeError} if there is none, or something that is no address
 */
export function streamAddresses(src: string | readonly string[]): string[] {
  const given = [src].flat().flatMap((text) => text.split(/\s+/).filter(Boolean));
  if (given.length === 0) throw new TypeError('no address');
  return given.map(streamAddress);
}

function streamAddress(text: string): string {
  const address = new URL(text, document.baseURI);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`not a WebSocket address: ${text}`);
  address.hash = '';
  return address.href;
}
