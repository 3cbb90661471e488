// Loaded into a process before its program (`node --expose-gc --import probe.mjs program.js`), with an IPC channel:
// answers each message with what the process holds after garbage collection.
import { readdirSync } from 'node:fs';

process.on('message', () => {
  globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const openFiles = readdirSync('/proc/self/fd').length;
  const handles = process.getActiveResourcesInfo().length;
  process.send({ rss, heapUsed, external, arrayBuffers, openFiles, handles });
});
// Listening must not keep the program alive.
process.channel.unref();
