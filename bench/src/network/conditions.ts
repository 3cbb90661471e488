import type { BadNetwork, LinkSettings } from '@topicast/test/network/bad-network';

/** The settings of the network in one part of a measurement. */
export interface Conditions extends LinkSettings {
  /** The server's congestion control, by its name in Linux. */
  readonly congestion: string;
}

const GOOD: Conditions = {
  ...{ delayMs: 0, jitterMs: 0, lossPercent: 0, rateKbps: 0, queueMs: 200, congestion: 'cubic' },
};

/** The keys on the command line: `delay=25,loss=1,congestion=bbr`. */
const KEYS: Readonly<Record<string, keyof Conditions>> = {
  delay: 'delayMs',
  jitter: 'jitterMs',
  loss: 'lossPercent',
  rate: 'rateKbps',
  queue: 'queueMs',
  congestion: 'congestion',
};

/** The most important cases. They take about ten minutes with two players. */
export const USUAL_CASES: readonly string[] = [
  'delay=0',
  'delay=25',
  'delay=25,congestion=bbr',
  'delay=80,congestion=bbr',
  'delay=25,jitter=10',
  'delay=25,jitter=30',
  'delay=25,loss=0.5,congestion=bbr',
  'delay=25,loss=1,congestion=bbr',
  'delay=25,loss=2,congestion=bbr',
  'delay=25,rate=10000',
  'delay=25,rate=4000',
  'delay=25,rate=1500',
];

/** @throws {Error} with one line, if the text is not a list of conditions */
export function readConditions(text: string): Conditions {
  const given = text.split(',').map((pair): [keyof Conditions, string | number] => {
    const [name = '', value = ''] = pair.split('=');
    const key = KEYS[name];
    if (key === 'congestion' && value) return [key, value];
    if (!key || key === 'congestion' || value === '' || !(Number(value) >= 0)) {
      throw new Error(`--case ${text}: "${pair}" must be NAME=NUMBER, of ${Object.keys(KEYS).join(', ')}`);
    }
    return [key, Number(value)];
  });
  return { ...GOOD, ...Object.fromEntries(given) };
}

/** Describes for people how the network differs from a perfect one. */
export function describeConditions(conditions: Conditions): string {
  const { delayMs, jitterMs, lossPercent, rateKbps, congestion } = conditions;
  return [
    `${delayMs} ms`,
    ...(jitterMs ? [`jitter ${jitterMs} ms`] : []),
    ...(lossPercent ? [`loss ${lossPercent} %`] : []),
    ...(rateKbps ? [`${rateKbps / 1000} Mbit/s`] : []),
    congestion,
  ].join(', ');
}

/** Set the network to these conditions, for connections that are made from now on. */
export async function impose(network: BadNetwork, conditions: Conditions): Promise<void> {
  process.stderr.write(`${describeConditions(conditions)}\n`);
  const { congestion, ...link } = conditions;
  network.controlCongestionBy(congestion);
  await network.set(link);
}
