/**
 * The `tcUrl` that a client of this address tells the server: the address of the application. Given to ffmpeg, which
 * would tell the server the address of our relay. What is the application, and what the stream in it, as ffmpeg's
 * rtmpproto.c cuts it.
 */
export function rtmpTcUrl(url: URL): string {
  const [application = '', instance, ...stream] = url.pathname.slice(1).split('/');
  const hasInstance =
    application !== 'ondemand' && instance !== undefined && stream.length > 0 && !instance.includes(':');
  const path = hasInstance ? `${application}/${instance}` : application;
  return `${url.protocol}//${url.host}/${path}`;
}
