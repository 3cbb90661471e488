/** How long the player waits for a script that it can do without, ms. */
export const PATIENCE_MS = 2_000;
/** For the one without which there may be no picture. */
export const SOURCES_PATIENCE_MS = 20_000;
