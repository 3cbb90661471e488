/**
 * The `tcUrl` that a client of this address tells the server: the address of the application. Given to ffmpeg, which
 * would otherwise tell the server the address of our relay. The address is split into application and stream as in
 * ffmpeg's rtmpproto.c: at slashes, including those in the query.
 */
export function rtmpTcUrl(url: URL): string {
  const [application = '', instance, ...stream] = `${url.pathname}${url.search}`.slice(1).split('/');
  const hasInstance =
    application !== 'ondemand' && instance !== undefined && stream.length > 0 && !instance.includes(':');
  const path = hasInstance ? `${application}/${instance}` : application;
  return `${url.protocol}//${url.host}/${path}`;
}
