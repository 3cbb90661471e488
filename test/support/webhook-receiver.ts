import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const WEBHOOK_SECRET = 'a secret of 24 letters..';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Whether the signature is that of Standard Webhooks with {@link WEBHOOK_SECRET}. */
  readonly isSigned: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer = number | ((response: ServerResponse) => void);

/** A real program that receives webhooks. It gives the answers in turn, and then 204. */
export async function webhookReceiver({ port = 0, answers = [] as Answer[] } = {}) {
  const received: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(read(request, body));
      const answer = answers.shift() ?? 204;
      if (typeof answer === 'number') response.writeHead(answer).end();
      else answer(response);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: at } = server.address() as AddressInfo;
  return {
    ...{ received, answers, port: at, url: `http://127.0.0.1:${at}/hook` },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function read({ url = '', headers }: IncomingMessage, body: string): ReceivedWebhook {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(signed).digest('base64');
  const isSigned = headers['webhook-signature'] === `v1,${expected}`;
  return { path: url, headers, text: body, isSigned, body: JSON.parse(body) };
}
