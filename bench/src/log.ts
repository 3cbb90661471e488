/**
 * How long a chunk takes from append to tail, and what reading costs, on one real broker. Writers run in another
 * process than the measured reader, and the contenders take turns within one run.
 */
import { writeFile } from 'node:fs/promises';
import { kafkaUnavailable, startKafkaCluster } from '@topicast/test/kafka';
import type { Comparison } from './log/bench.js';
import { measureHop } from './log/hop.js';
import { measureFifty, measureJoin, measureQuiet } from './log/many-streams.js';
import { readOptions } from './options.js';
import { table } from './table.js';

const options = readOptions(
  'log',
  {
    json: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '2' },
    quiet: { type: 'string', default: '1000' },
    joins: { type: 'string', default: '100' },
  },
  ['seconds', 'rounds', 'quiet', 'joins'],
);
const reason = kafkaUnavailable();
if (reason) {
  process.stderr.write(`no Kafka to measure: ${reason}\n`);
  process.exit(1);
}
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const ms = (value: number | undefined): string => value?.toFixed(2) ?? '-';
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const rows = (all: readonly Comparison[]) =>
  all.map(({ way, p50, p95, p99, read95, cpu }) => [
    way,
    ms(p50),
    ms(p95),
    ms(p99),
    ms(read95),
    cpu === undefined ? '-' : percent(cpu),
  ]);
const HEAD = ['', 'p50 ms', 'p95 ms', 'p99 ms', 'reading alone, p95 ms', 'CPU, of a core'];

const kafka = await startKafkaCluster(1);
try {
  const bench = {
    brokers: kafka.brokers,
    brokerPid: kafka.nodes[0]!.pid!,
    seconds: Number(options.seconds),
    rounds: Number(options.rounds),
    say,
  };
  const hop = await measureHop(bench);
  process.stdout.write('\nLog hop, append to delivery: one stream, 30 x 12.5 KB a second\n');
  table(HEAD, rows(hop));

  const fifty = await measureFifty(bench);
  process.stdout.write('\n50 streams of 30 x 10 KB a second\n');
  table(HEAD, rows(fifty));
  const [ours, ...theirs] = fifty as [Comparison, ...Comparison[]];
  const ratios = theirs.map((other) => ({
    to: other.way,
    cpu: ours.cpu! / other.cpu!,
    p95: ours.p95! / other.p95!,
    read95: ours.read95! / other.read95!,
  }));
  for (const { to, cpu, p95, read95 } of ratios) {
    const parts = [`CPU ${cpu.toFixed(2)}`, `p95 ${p95.toFixed(2)}`, `reading alone ${read95.toFixed(2)}`];
    process.stdout.write(`ours to ${to}: ${parts.join(', ')}\n`);
  }

  const quiet = await measureQuiet({ ...bench, topics: Number(options.quiet) });
  const join = await measureJoin({ ...bench, reader: quiet.reader, joins: Number(options.joins) });
  await quiet.reader.end();
  process.stdout.write(`\n${options.quiet} quiet topics, and new streams joined beside them\n`);
  table(
    ['', 'p50 ms', 'p95 ms', 'max ms', 'of a core'],
    [
      ['the reader at rest', '-', '-', '-', percent(quiet.readerShare)],
      ['the broker at the same time', '-', '-', '-', percent(quiet.brokerShare)],
      [
        'first record: acknowledged to delivered',
        ms(join.first.p50),
        ms(join.first.p95),
        ms(join.first.max),
        '-',
      ],
      [
        'the 10 records after it: append to delivery',
        ms(join.next.p50),
        ms(join.next.p95),
        ms(join.next.max),
        '-',
      ],
      [
        'the same: append to acknowledgement',
        ms(join.nextAcknowledged.p50),
        ms(join.nextAcknowledged.p95),
        ms(join.nextAcknowledged.max),
        '-',
      ],
    ],
  );
  if (options.json) {
    const { reader: _, ...shares } = quiet;
    const result = { bench: 'log', hop, fifty, ratios, quiet: shares, join };
    await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await kafka.close();
}
// kafkajs's admin may leave behind a timer that reschedules itself for ever (its issue 1751).
process.exit();
