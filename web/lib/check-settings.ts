import { ConfigError } from '@topicast/contracts/config';
import { unknownSettings } from '@topicast/contracts/setting-names';
import { internalGateway } from './server-config';

/** Ends the process with one line if a setting cannot be used; one that nobody knows is told, and ignored. */
export function checkSettings(): void {
  // The starter, on whose channel this process hangs, has the same environment and has told it.
  if (!process.send) for (const line of unknownSettings(process.env)) console.warn(`web: ${line}`);
  try {
    internalGateway();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`web: ${error.message}`);
    process.exit(1);
  }
}
