/** Safari on iPhones has only this one (W3C MSE 3.16); we can ignore its extra events. */
declare const ManagedMediaSource: typeof MediaSource | undefined;

export const workerHasMedia = (): boolean =>
  typeof MediaSource !== 'undefined' && MediaSource.canConstructInDedicatedWorker === true;

export function sourceClass(): typeof MediaSource | undefined {
  if (typeof MediaSource !== 'undefined') return MediaSource;
  return typeof ManagedMediaSource !== 'undefined' ? ManagedMediaSource : undefined;
}

export const pageHasMedia = (): boolean => sourceClass() !== undefined;

/** Whether source buffers of this MIME type can be made here: on the page, or in a worker that has media. */
export const canPlay = (mimeType: string): boolean => sourceClass()?.isTypeSupported(mimeType) === true;
