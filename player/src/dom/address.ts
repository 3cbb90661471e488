/**
 * The WebSocket addresses of a stream, one per gateway: absolute, ws or wss.
 * @param src one or more addresses; a text may contain several, separated by white space
 * @throws {TypeError} if there is no address, or an invalid one
 */
export function streamAddresses(src: string | readonly string[]): string[] {
  const given = [src].flat().flatMap((text) => text.split(/\s+/).filter(Boolean));
  if (given.length === 0) throw new TypeError('no src');
  return given.map(streamAddress);
}

function streamAddress(text: string): string {
  const address = new URL(text, document.baseURI);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(text);
  address.hash = '';
  return address.href;
}
