'use client';

import {
  type CaptureWish,
  captureProblem,
  type Devices,
  listDevices,
  openCapture,
} from '@topicast/broadcast';
import { useCallback, useEffect, useRef, useState } from 'react';

export type Capture =
  | { readonly status: 'closed' }
  | { readonly status: 'opening' }
  | {
      readonly status: 'open';
      readonly stream: MediaStream;
      readonly wish: CaptureWish;
      /** Why something else could not be opened, while this goes on. */
      readonly refused?: string;
    }
  | { readonly status: 'failed'; readonly words: string };

interface CaptureState {
  readonly capture: Capture;
  readonly devices: Devices;
  /** Instead of what was open before. Resolves with what that was if it goes on, because nothing else could be opened. */
  readonly open: (wish: CaptureWish) => Promise<CaptureWish | undefined>;
  readonly close: () => void;
}

const NO_DEVICES: Devices = { cameras: [], microphones: [] };
const ENDED = 'The picture has ended: the device was unplugged, or sharing was stopped. Choose it again.';

interface Opened {
  readonly stream: MediaStream;
  readonly wish: CaptureWish;
}

/** @param except its tracks go on */
const stop = (stream: MediaStream | undefined, except?: MediaStream): void => {
  const kept = except?.getTracks() ?? [];
  for (const track of stream?.getTracks() ?? []) if (!kept.includes(track)) track.stop();
};

const livePictureOf = (opened: Opened | undefined): MediaStreamTrack | undefined =>
  opened?.stream.getVideoTracks().find(({ readyState }) => readyState === 'live');

/** Camera or screen, and the microphone, of this browser; closed with the page. */
export function useCapture(): CaptureState {
  const [capture, setCapture] = useState<Capture>({ status: 'closed' });
  const [devices, setDevices] = useState(NO_DEVICES);
  const current = useRef<Opened>(undefined);
  /** The newest attempt: an answer of an older one is thrown away. */
  const attempt = useRef(0);

  const look = useCallback(async () => {
    if (navigator.mediaDevices) setDevices(await listDevices());
  }, []);

  useEffect(() => {
    void look();
    navigator.mediaDevices?.addEventListener('devicechange', look);
    return () => {
      navigator.mediaDevices?.removeEventListener('devicechange', look);
      attempt.current++;
      stop(current.current?.stream);
    };
  }, [look]);

  const open = useCallback(
    async (wish: CaptureWish) => {
      const mine = ++attempt.current;
      setCapture((before) => (before.status === 'open' ? before : { status: 'opening' }));
      const before = current.current;
      const isShared = wish.picture.kind === 'screen' && before?.wish.picture.kind === 'screen';
      try {
        const stream = await openCapture(wish, isShared ? livePictureOf(before) : undefined);
        if (mine !== attempt.current) {
          stop(stream, current.current?.stream);
          return;
        }
        stop(before?.stream, stream);
        current.current = { stream, wish };
        stream.getVideoTracks()[0]?.addEventListener('ended', () => {
          if (current.current?.stream !== stream) return;
          stop(stream);
          setCapture({ status: 'failed', words: ENDED });
        });
        setCapture({ status: 'open', stream, wish });
        // Names show once something was allowed.
        await look();
      } catch (error) {
        if (mine !== attempt.current) return;
        const words = captureProblem(error);
        if (before && livePictureOf(before)) {
          setCapture({ status: 'open', ...before, refused: words });
          return before.wish;
        }
        stop(before?.stream);
        current.current = undefined;
        setCapture({ status: 'failed', words });
      }
    },
    [look],
  );

  const close = useCallback(() => {
    attempt.current++;
    stop(current.current?.stream);
    current.current = undefined;
    setCapture({ status: 'closed' });
  }, []);
  return { capture, devices, open, close };
}
