import { ConfigError } from '@topicast/contracts/config';
import { internalGateway } from './server-config';

/** Ends the process with one line if a setting cannot be used. */
export function checkSettings(): void {
  try {
    internalGateway();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`web: ${error.message}`);
    process.exit(1);
  }
}
