import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { StreamTables } from '@topicast/contracts/stream-tables';
import { STATUS_TABLE, STREAMS_TABLE } from '@topicast/contracts/tables';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';

interface Question {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly host: string | undefined;
  readonly body: string | Uint8Array;
}

const mostly = <T>(valid: fc.Arbitrary<T>, invalid: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: valid }, { weight: 1, arbitrary: invalid });
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('__proto__', '\u0000', '\ud800', '-1', '1e309', 'x'.repeat(5_000)),
);
const id = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'constructor') },
  { weight: 1, arbitrary: fc.constantFrom('..', 'A', '%00', 'x'.repeat(64)) },
);
const source = fc.oneof(
  fc.record({
    kind: mostly(fc.constantFrom('test', 'topic', 'ingest'), fc.constantFrom('device', 'telepathy')),
  }),
  fc.record({
    kind: fc.constant('file'),
    path: fc.oneof(fc.string(), fc.constantFrom('/etc/passwd', '../x', '-i')),
    copy: mostly(fc.boolean(), odd),
  }),
  fc.record({
    kind: fc.constant('url'),
    url: fc.oneof(
      fc.webUrl(),
      fc.string().map((rest) => `http://${rest}`),
      fc.constantFrom(
        'http://127.1/',
        'http://[::ffff:10.0.0.1]/',
        'rtsp://0x7f000001/',
        'file:///etc/passwd',
      ),
    ),
  }),
);
const rung = fc.record({ height: mostly(fc.integer({ min: 144, max: 2160 }), fc.integer()) });
const stream = fc.record(
  {
    id: mostly(id, odd),
    title: mostly(fc.string({ unit: 'binary', minLength: 1 }), odd),
    source: mostly(source, odd),
    ladder: mostly(fc.array(rung, { minLength: 1, maxLength: 2 }), odd),
  },
  { requiredKeys: ['id', 'source'] },
);
const path = fc.oneof(
  fc.constantFrom(
    '/api/streams',
    '/api/streams/',
    '/api',
    '/docs',
    '/docs/json',
    '/healthz',
    '/readyz',
    '/live/a',
  ),
  fc
    .tuple(id, fc.constantFrom('', '/start', '/stop', '/ingest-key', '/x'))
    .map((parts) => `/api/streams/${parts.join('')}`),
  fc.string({ unit: fc.constantFrom(...'/%.a0f?#\\;~') }).map((rest) => `/${rest}`),
);
const creation = mostly(
  fc.oneof(
    { weight: 9, arbitrary: stream.map((each) => JSON.stringify(each)) },
    { weight: 1, arbitrary: fc.json() },
  ),
  fc.uint8Array(),
);
const edit = fc
  .record(
    { version: mostly(fc.nat(3), odd), title: odd, source: mostly(source, odd), ladder: odd },
    { requiredKeys: [] },
  )
  .map((each) => JSON.stringify(each));
const usual = { type: fc.constant('application/json'), host: fc.constant(undefined) };
const question = fc.oneof(
  fc.record({ method: fc.constant('POST'), path: fc.constant('/api/streams'), body: creation, ...usual }),
  fc.record({
    ...{ method: fc.constant('PATCH'), path: id.map((name) => `/api/streams/${name}`), body: edit },
    ...usual,
  }),
  fc.record({ method: fc.constantFrom('GET', 'POST', 'DELETE'), path, body: fc.constant(''), ...usual }),
  fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH'),
    ...{ path, body: creation },
    type: fc.constantFrom('application/json', 'application/json; charset=x', 'text/plain', '*'),
    host: fc.constantFrom(undefined, 'localhost', '[::1]:1', 'evil.example', '', '@', 'a:b:c'),
  }),
) as fc.Arbitrary<Question>;

/** One of each kind of answer, so that no luck is needed to see them all. */
const usually = (method: string, path: string, body: object | '' = ''): [Question] => [
  { method, path, body: body && JSON.stringify(body), type: 'application/json', host: undefined },
];
const EACH_ANSWER = [
  usually('POST', '/api/streams', { id: 'usual', source: { kind: 'test' } }),
  usually('POST', '/api/streams', { id: 'usual', source: { kind: 'test' } }),
  usually('GET', '/api/streams/usual'),
  usually('PATCH', '/api/streams/usual', { version: 0, title: 'Usual' }),
  usually('POST', '/api/streams', { id: 'usual' }),
  usually('DELETE', '/api/streams/usual'),
  usually('GET', '/api/streams/usual'),
];

async function ask({ port }: GatewayUnderTest, { method, path, type, host, body }: Question) {
  const headers = {
    authorization: `Bearer ${OPERATOR_TOKEN}`,
    'content-type': type,
    // Otherwise Node.js sends the body of a GET as if it were the next request.
    'content-length': Buffer.byteLength(body),
    ...(host !== undefined && { host }),
  };
  const asked = request({ port, host: '127.0.0.1', method, path, headers }).end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode!, type: answer.headers['content-type'], text };
}

it('whatever the API is asked, it answers, never with an error of its own, and keeps only what it can read', async () => {
  await using gateway = await GatewayUnderTest.start();
  const answers = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const { status, type, text } = await ask(gateway, asked);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      expect(status).toBeLessThan(500);
      if (status < 400 || asked.method === 'HEAD') return;
      expect(type).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(text)).toMatchObject({ status });
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 300), examples: EACH_ANSWER },
  );
  expect([...answers.keys()]).toEqual(expect.arrayContaining([200, 201, 204, 404, 409, 422]));
  const damaged: unknown[] = [];
  const [desired, actual] = [await gateway.log.table(STREAMS_TABLE), await gateway.log.table(STATUS_TABLE)];
  const tables = new StreamTables({ streams: desired, status: actual }, (...what) => damaged.push(what));
  expect(damaged).toEqual([]);
  tables.close();
});
