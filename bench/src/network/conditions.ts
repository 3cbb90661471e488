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

/** What `--matrix` combines. */
const MATRIX = {
  congestion: ['cubic', 'bbr'],
  delayMs: [0, 25, 80],
  jitterMs: [0, 10, 30],
  rateKbps: [0, 10_000, 4_000, 1_500],
  lossPercent: [0, 0.5, 1, 2],
} as const;

/** @throws {Error} with one line, if the text is not a list of conditions */
export const readConditions = (text: string): Conditions => ({ ...GOOD, ...readSome(text) });

/**
 * All combinations of the usual conditions, except those with jitter but without delay.
 * @param fixed lists of conditions that all of them share
 * @throws {Error} with one line, if one of these cannot be read
 */
export function matrixOf(fixed: readonly string[]): Conditions[] {
  const shared = Object.assign({}, ...fixed.map(readSome)) as Partial<Conditions>;
  const combined = Object.entries(MATRIX).reduce<Conditions[]>(
    (cases, [name, values]) =>
      name in shared ? cases : cases.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{ ...GOOD, ...shared }],
  );
  return combined.filter(({ delayMs, jitterMs }) => delayMs > 0 || jitterMs === 0);
}

function readSome(text: string): Partial<Conditions> {
  const given = text.split(',').map((pair): [keyof Conditions, string | number] => {
    const [name = '', value = ''] = pair.split('=');
    const key = KEYS[name];
    if (key === 'congestion' && value) return [key, value];
    if (!key || key === 'congestion' || value === '' || !(Number(value) >= 0)) {
      throw new Error(`--case ${text}: "${pair}" must be NAME=NUMBER, of ${Object.keys(KEYS).join(', ')}`);
    }
    return [key, Number(value)];
  });
  return Object.fromEntries(given);
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
  const { congestion, ...link } = conditions;
  network.controlCongestionBy(congestion);
  await network.set(link);
}
