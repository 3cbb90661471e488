import { CloseCode } from '@topicast/contracts/close-codes';
import { until } from '@topicast/test/poll';
import { SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';

const SECRET = 'a secret of at least 32 characters';

function sign(stream: string, expires?: string | number): Promise<string> {
  const token = new SignJWT({ stream }).setProtectedHeader({ alg: 'HS256' });
  if (expires !== undefined) token.setExpirationTime(expires);
  return token.sign(new TextEncoder().encode(SECRET));
}

it('needs a token if there is a secret, and no token gets into the log', async () => {
  await using gateway = await GatewayUnderTest.start({ TOPICAST_VIEWER_SECRET: SECRET });
  await gateway.addStream();
  const outcome = async (token: string | undefined): Promise<number | 'watching'> => {
    const subprotocols = token ? [`topicast.token.${Buffer.from(token).toString('base64url')}`] : [];
    using viewer = new TestViewer(gateway.live('demo'), { subprotocols });
    using raw = new TestViewer(gateway.live(`demo?token=${token ?? ''}`), { raw: true });
    await until(() => viewer.closed !== undefined || viewer.messages.length > 0);
    if (viewer.closed) await until(() => raw.closed !== undefined);
    expect(raw.closed?.code).toBe(viewer.closed?.code);
    expect(viewer.protocol).toBe('topicast.v1');
    return viewer.closed?.code ?? 'watching';
  };
  const valid = await sign('demo', '1h');
  expect(await outcome(undefined)).toBe(CloseCode.unauthorized);
  expect(await outcome('nonsense')).toBe(CloseCode.unauthorized);
  expect(await outcome(await sign('demo', 1))).toBe(CloseCode.unauthorized);
  expect(await outcome(await sign('other'))).toBe(CloseCode.forbidden);
  expect(await outcome(valid)).toBe('watching');
  expect(await outcome(await sign('*'))).toBe('watching');
  expect(await outcome(OPERATOR_TOKEN)).toBe('watching');
  const logged = gateway.logLines.join('');
  expect(logged).not.toContain(valid);
  expect(logged).not.toContain(OPERATOR_TOKEN);
});

it('closes a viewer whose token expires, and no other', async () => {
  await using gateway = await GatewayUnderTest.start({ TOPICAST_VIEWER_SECRET: SECRET });
  await gateway.addStream();
  const expiresAt = Math.floor(Date.now() / 1000) + 3;
  const expiring = await sign('demo', expiresAt);
  const lasting = await sign('demo');
  using viewer = new TestViewer(gateway.live(`demo?token=${expiring}`));
  using other = new TestViewer(gateway.live(`demo?token=${lasting}`));
  using operator = new TestViewer(gateway.live(`demo?token=${OPERATOR_TOKEN}`));
  await until(() => [viewer, other, operator].every(({ messages }) => messages.length === 1));
  await until(() => viewer.closed !== undefined);
  expect(viewer.closed!.code).toBe(CloseCode.unauthorized);
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt * 1000);
  expect([other.closed, operator.closed]).toEqual([undefined, undefined]);
});
