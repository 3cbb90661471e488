import { streamId } from '@topicast/contracts/stream-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/poll.js';
import { childrenOf } from '../support/processes.js';
import { type Services, startServices } from '../support/services.js';
import { readSessions } from '../support/session-reader.js';

const STREAM = streamId('cam');
const LADDER = [{ height: 360 }, { height: 180 }];

describe('a stream that is edited again and again', () => {
  let services: Services;

  beforeAll(async () => {
    services = await startServices();
    await services.api('POST', '/api/streams', { id: STREAM, source: { kind: 'test' } });
    await services.untilState(STREAM, 'live');
  });
  afterAll(() => services?.close());

  const encoders = (): number =>
    childrenOf(process.pid).filter(({ command }) => /ffmpeg/.test(command)).length;
  let version = 0;
  const edit = async (change: object): Promise<void> => {
    const { status } = await services.api('PATCH', `/api/streams/${STREAM}`, { version, ...change });
    expect(status).toBe(200);
    version += 1;
  };
  const untilSettled = (renditions: number) =>
    until('one encoder is left, the last one', async () => {
      const { state, catalog } = await services.untilState(STREAM, 'live');
      const offered = (catalog as { renditions?: unknown[] } | undefined)?.renditions?.length;
      return state === 'live' && offered === renditions && encoders() === 1;
    });

  it('while an encoder makes way for another one, ends with the last one, and its readers notice only sessions', async () => {
    const reader = readSessions(services.log, STREAM);
    await until('it is read', () => reader.taken.length > 30);
    for (let n = 0; n < 6; n += 1) {
      await edit({ ladder: n % 2 === 0 ? LADDER : null });
      // At every stage of the one before.
      await new Promise((resolve) => setTimeout(resolve, n * 60));
    }
    await edit({ ladder: LADDER });
    await untilSettled(2);
    const { length } = reader.taken;
    await until('it goes on', () => reader.taken.length > length + 60);
    reader.close();
    expect(reader.faults).toBe(0);
  });

  it('is stopped and deleted while an encoder makes way for another one', async () => {
    await edit({ ladder: null });
    await services.api('POST', `/api/streams/${STREAM}/stop`);
    await services.untilState(STREAM, 'offline');
    await until('no encoder is left', () => encoders() === 0);
    await services.api('POST', `/api/streams/${STREAM}/start`);
    await services.untilState(STREAM, 'live');
    version += 2;
    await edit({ ladder: LADDER });
    await services.api('DELETE', `/api/streams/${STREAM}`);
    await until('no encoder is left', () => encoders() === 0);
    await until('its topic is gone', async () => !(await services.log.topics()).includes(STREAM));
    expect((await services.api('GET', `/api/streams/${STREAM}`)).status).toBe(404);
  });
});
