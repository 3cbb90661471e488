/** Work that waits for somebody must not keep us from ending it. */
export async function orAborted(taken: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([taken, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
