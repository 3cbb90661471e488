import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
};
const typeOf = (name: string): string => TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? TYPES.html!;

/** The browser lets pages of this origin use what only secure ones may use, without a server there. */
export const ROUTED_ORIGIN = 'http://localhost';

/** Gives the browser these files, by path, as those of `ROUTED_ORIGIN`: the network carries nothing of them. */
export async function routePages(browser: BrowserContext, files: Files): Promise<void> {
  await browser.route(`${ROUTED_ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const body = files[pathname];
    if (body === undefined) return route.fulfill({ status: 404 });
    return route.fulfill({ body: Buffer.from(body), contentType: typeOf(pathname) });
  });
}

/**
 * Serves these files, by path, on a free port: a web site of another origin.
 * @param onPost told of the body of each POST, for pages in a browser that nothing drives
 */
export async function servePages(
  files: Files,
  onPost: (body: string) => void = () => undefined,
): Promise<PageServer> {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (request.method === 'POST') {
      onPost(Buffer.concat(await request.toArray()).toString());
      response.writeHead(204).end();
      return;
    }
    const body = files[name];
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': typeOf(name) }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
