import { Writable } from 'node:stream';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import { describe, expect, it } from 'vitest';
import { PRETTY } from './plain-lines.js';

describe('log lines at a terminal', () => {
  it('are plain lines, one each, whatever was logged', () => {
    let text = '';
    const destination = new Writable({
      write(data, _encoding, done) {
        text += data;
        done();
      },
    });
    const logger = pino({ level: 'info' }, pretty({ ...PRETTY, destination, sync: true, colorize: false }));
    logger.warn('the disk is nearly full');
    logger.info({ port: 8080, workers: 2 }, 'gateway listens');
    logger.warn({ err: new TypeError('no such thing') }, 'cannot remove');
    logger.child({ stream: 'film' }).error({ limits: { cpu: [1, 2] }, why: undefined }, 'stopped');
    logger.error(new Error('all is lost'));
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\[[\d:]+\] /, ''))).toEqual([
      'WARN: the disk is nearly full',
      'INFO: gateway listens (port: 8080, workers: 2)',
      'WARN: cannot remove (no such thing)',
      'ERROR: stopped (stream: film, limits: cpu 1 2)',
      'ERROR: all is lost',
    ]);
  });
});
