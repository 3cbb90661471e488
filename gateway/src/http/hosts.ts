import { isIP } from 'node:net';

/**
 * Whether a Host header names this gateway. A page that rebinds its own name to our address (DNS rebinding) sends that
 * name; addresses and localhost cannot be rebound. `*` among the allowed names allows any.
 */
export function isOwnHost(header: string | undefined, allowedHosts: readonly string[]): boolean {
  if (allowedHosts.includes('*')) return true;
  const name = hostName(header);
  if (name === undefined) return false;
  return (
    isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || allowedHosts.includes(name)
  );
}

function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([^:/?#@[\]]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
