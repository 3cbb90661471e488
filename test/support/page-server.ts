import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript' };

/**
 * Serves these files, by path, on a free port: a web site of another origin.
 * @param onPost told of the body of each POST, for pages in a browser that nothing drives
 */
export async function servePages(
  files: Readonly<Record<string, string | Uint8Array>>,
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
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? TYPES.html;
    response.writeHead(200, { 'content-type': type }).end(body);
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
