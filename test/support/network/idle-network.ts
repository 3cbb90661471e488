/** Makes a bad network and waits to be killed. */
import { badNetwork } from './bad-network.js';

await badNetwork();
process.stdout.write('ready\n');
