import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { FFMPEG } from './ffprobe.js';

/**
 * Somebody else's producer, which knows nothing of Topicast: it creates a topic and writes a file to it over and over,
 * in real time, as MPEG-TS in blocks as they come.
 */
export async function startPlainProducer(
  brokers: string,
  topic: string,
  file: string,
): Promise<AsyncDisposable> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const words = `-v error -nostdin -re -stream_loop -1 -i ${file} -c copy -f mpegts pipe:1`.split(' ');
  const encoder = spawn(FFMPEG, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const write = async (): Promise<void> => {
    for await (const value of encoder.stdout) await producer.send({ topic, messages: [{ value }] });
  };
  const writing = write();
  writing.catch(() => encoder.kill());
  return {
    async [Symbol.asyncDispose]() {
      if (encoder.exitCode === null && encoder.kill()) await once(encoder, 'exit');
      await writing.finally(() => producer.disconnect());
    },
  };
}
