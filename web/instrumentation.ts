/** Runs once when the server starts, so that an invalid setting ends it with one line, and not at the first visitor. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { checkSettings } = await import('./lib/check-settings');
  checkSettings();
}
