import { streamId } from '@topicast/contracts/stream-id';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Access } from './access.js';

const SECRET = 'a secret of at least 32 characters';
const OPERATOR = 'the operator token';
const DEMO = streamId('demo');

const sign = (claims: Record<string, unknown>, secret = SECRET): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

const inAnHour = Math.floor(Date.now() / 1000) + 3600;

describe('who asks', () => {
  const access = new Access({ operatorToken: OPERATOR, viewerSecret: SECRET });

  it('is told from the token', async () => {
    expect(await access.identify(undefined)).toEqual({ kind: 'anonymous' });
    expect(await access.identify(OPERATOR)).toEqual({ kind: 'operator' });
    expect(await access.identify(await sign({ stream: 'demo', exp: inAnHour }))).toEqual({
      ...{ kind: 'viewer', stream: 'demo', expiresAt: inAnHour * 1000 },
    });
    expect(await access.identify(await sign({ stream: '*' }))).toMatchObject({ kind: 'viewer', stream: '*' });
  });

  it.each([
    ['nothing at all', Promise.resolve('')],
    ['nonsense', Promise.resolve('nonsense')],
    ['another secret', sign({ stream: 'demo' }, 'another secret of 32 characters.')],
    ['one that has expired', sign({ stream: 'demo', exp: 1 })],
    ['no stream', sign({ exp: inAnHour })],
    ['no stream id', sign({ stream: '../demo' })],
  ])('is unknown with %s', async (_, token) => {
    expect(await access.identify(await token)).toBe('unknown');
  });
});

describe('who may do what', () => {
  const anonymous = { kind: 'anonymous' } as const;
  const operator = { kind: 'operator' } as const;
  const viewerOf = (stream: string) =>
    ({ kind: 'viewer', stream: stream === '*' ? '*' : streamId(stream), expiresAt: undefined }) as const;

  it.each([
    // principal, watches demo without a secret, with one, changes streams
    [anonymous, undefined, 'unauthorized', 'unauthorized'],
    [viewerOf('demo'), undefined, undefined, 'forbidden'],
    [viewerOf('*'), undefined, undefined, 'forbidden'],
    [viewerOf('other'), undefined, 'forbidden', 'forbidden'],
    [operator, undefined, undefined, undefined],
  ] as const)('%o', (principal, open, closed, change) => {
    const [openHouse, closedHouse] = [undefined, SECRET].map(
      (viewerSecret) => new Access({ operatorToken: OPERATOR, viewerSecret }),
    );
    expect(openHouse!.refusalToWatch(principal, DEMO)).toBe(open);
    expect(closedHouse!.refusalToWatch(principal, DEMO)).toBe(closed);
    expect(closedHouse!.refusalToChange(principal)).toBe(change);
    expect(closedHouse!.seesInside(principal)).toBe(principal.kind === 'operator');
  });

  it('a token that nobody knows does not keep anybody from an open stream', () => {
    const access = new Access({ operatorToken: OPERATOR, viewerSecret: undefined });
    expect(access.refusalToWatch('unknown', DEMO)).toBeUndefined();
  });
});
