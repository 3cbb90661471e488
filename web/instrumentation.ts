/** Runs once when the server starts: a setting that cannot be used ends it with one line, not at the first visitor. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { checkSettings } = await import('./lib/check-settings');
  checkSettings();
}
