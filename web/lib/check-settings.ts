import { ConfigError } from '@topicast/contracts/config';
import { unknownSettings } from '@topicast/contracts/setting-names';
import { internalGateway } from './server-config';

/** Ends the process with one line if a setting is invalid; an unknown one is reported and ignored. */
export function checkSettings(): void {
  // The parent process has the same environment, and has already reported this.
  if (!process.send) for (const line of unknownSettings(process.env)) console.warn(`web: ${line}`);
  try {
    internalGateway();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`web: ${error.message}`);
    process.exit(1);
  }
}
