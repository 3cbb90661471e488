import { setTimeout as delay } from 'node:timers/promises';
import { milliseconds } from '@topicast/contracts/units';
import { clusterUnavailable } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { type SecureKafka, startSecureKafka, USER } from '@topicast/test/kafka-secure';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogError } from '../../chunk-log.js';
import { describeAppend } from '../../testing/append-contract.js';
import {
  expectCode,
  filled,
  gops,
  newStream,
  record,
  SETTINGS,
  sequences,
  take,
} from '../../testing/support.js';
import type { Security } from './security.js';

const reason = clusterUnavailable();

describe.skipIf(reason)(`a Kafka with TLS and SASL${reason ? ` (${reason})` : ''}`, () => {
  let kafka: SecureKafka;
  beforeAll(async () => {
    kafka = await startSecureKafka();
  });
  afterAll(() => kafka?.close());

  const securityOf = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'): Security => ({
    tls: { ca: kafka.ca },
    sasl: { mechanism, ...USER },
  });
  const open = (security: Security, broker = kafka.saslSsl) => openKafkaLog({ brokers: [broker], security });

  /** The message that somebody gets who opens the log with these settings. */
  async function refusalOf(security: Security, broker = kafka.saslSsl): Promise<string> {
    const error: unknown = await open(security, broker).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LogError);
    expect((error as LogError).code).toBe('invalid');
    expect((error as LogError).message).not.toContain(USER.password);
    return (error as LogError).message;
  }

  describe.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('with %s', (mechanism) => {
    let log: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      log = await open(securityOf(mechanism));
    });
    afterAll(() => log?.close());
    describeAppend(() => log);
    it('tails, tables, topics and groups work', async () => {
      const stream = await filled(log, gops(6, 3));
      expect(sequences(await take(log, stream, { at: 'keyframe' }, 3))).toEqual([3, 4, 5]);
      const table = await log.table(`secure-${mechanism}`);
      await table.put('a', '1');
      expect(table.get('a')).toBe('1');
      expect(await log.topics()).toContain(stream);
      await log.deleteTopic(stream);
      const member = { member: mechanism, sessionTimeout: milliseconds(6_000) };
      const share = await log.share(`group-${mechanism}`, `secure-${mechanism}`, member);
      await expect.poll(() => share.confirmed && share.owns('a'), { timeout: 60_000 }).toBe(true);
      await share.leave();
    });
  });

  it('keeps working after a login has expired', async () => {
    const log = await open(securityOf('scram-sha-256'));
    const stream = newStream();
    await log.createTopic(stream, SETTINGS);
    const reading = take(log, stream, { at: 'earliest' }, 60);
    for (let n = 0; n < 60; n++) {
      await log.append(stream, 0, [record(n)]);
      await delay(150);
    }
    expect(sequences(await reading)).toEqual(Array.from({ length: 60 }, (_, n) => n));
    await log.close();
  });

  it('presents our certificate if the broker asks for one', async (test) => {
    if (!kafka.client) return test.skip('no openssl to take the key out of the store');
    const log = await open({ tls: { ca: kafka.ca, ...kafka.client } }, kafka.mutual);
    await filled(log, [record(0)]);
    await log.close();
    expect(await refusalOf({ tls: { ca: kafka.ca } }, kafka.mutual)).toContain('KAFKA_SSL_CERT');
  });

  it('says what to check when it is not let in, or does not trust the broker', async () => {
    const tls = { ca: kafka.ca };
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      const wrong = { tls, sasl: { mechanism, ...USER, password: 'wrong' } };
      expect(await refusalOf(wrong)).toMatch(/refuses the login .*KAFKA_SASL_PASSWORD/);
    }
    const right = securityOf('plain');
    expect(await refusalOf({ ...right, tls: { ca: kafka.otherCa } })).toContain('check KAFKA_SSL_CA');
    expect(await refusalOf({ ...right, tls: {} })).toContain('check KAFKA_SSL_CA');
    const otherName = kafka.saslSsl.replace('127.0.0.1', 'localhost');
    expect(await refusalOf(right, otherName)).toContain('as its certificate does');
    expect(await refusalOf({ sasl: { mechanism: 'plain', ...USER } }, kafka.plaintext)).toContain(
      'KAFKA_SASL_MECHANISM',
    );
  });

  it('says after a while that a broker only hangs up', async () => {
    const [tlsToPlain, plainToTls, noLogin] = await Promise.all([
      refusalOf(securityOf('plain'), kafka.plaintext),
      refusalOf({}),
      refusalOf({ tls: { ca: kafka.ca } }),
    ]);
    expect(tlsToPlain).toContain('is that port for TLS?');
    expect(plainToTls).toContain('KAFKA_SSL=1');
    expect(noLogin).toContain('KAFKA_SASL_MECHANISM');
  });

  it('keeps trying when the password changes, and says so', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const security = securityOf('scram-sha-512');
    const log = await openKafkaLog({ brokers: [kafka.saslSsl], security, logger });
    const stream = await filled(log, [record(0)]);
    const reading = take(log, stream, { at: 'earliest' }, 2);
    await kafka.changePassword('another');
    await kafka.restart();
    await expectCode('unavailable', log.append(stream, 0, [record(1)]));
    const told = lines.filter((line) => line.includes('refuses the login'));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(5);
    await kafka.changePassword(USER.password);
    await expect
      .poll(
        () =>
          log.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true);
    await log.append(stream, 0, [record(1)]);
    expect(sequences(await reading)).toEqual([0, 1]);
    expect(lines.join()).not.toContain(USER.password);
    await log.close();
  });
});
