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
  | { readonly status: 'open'; readonly stream: MediaStream; readonly wish: CaptureWish }
  | { readonly status: 'failed'; readonly words: string };

interface CaptureState {
  readonly capture: Capture;
  readonly devices: Devices;
  /** Instead of what was open before. */
  readonly open: (wish: CaptureWish) => Promise<void>;
  readonly close: () => void;
}

const NO_DEVICES: Devices = { cameras: [], microphones: [] };
const ENDED = 'The picture has ended: the device was unplugged, or sharing was stopped. Choose it again.';

const stop = (stream: MediaStream | undefined): void => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};

/** Camera or screen, and the microphone, of this browser; closed with the page. */
export function useCapture(): CaptureState {
  const [capture, setCapture] = useState<Capture>({ status: 'closed' });
  const [devices, setDevices] = useState(NO_DEVICES);
  const current = useRef<MediaStream>(undefined);
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
      stop(current.current);
    };
  }, [look]);

  const open = useCallback(
    async (wish: CaptureWish) => {
      const mine = ++attempt.current;
      setCapture((before) => (before.status === 'open' ? before : { status: 'opening' }));
      try {
        const stream = await openCapture(wish);
        if (mine !== attempt.current) return stop(stream);
        stop(current.current);
        current.current = stream;
        stream.getVideoTracks()[0]?.addEventListener('ended', () => {
          if (current.current !== stream) return;
          stop(stream);
          setCapture({ status: 'failed', words: ENDED });
        });
        setCapture({ status: 'open', stream, wish });
        // Names show once something was allowed.
        await look();
      } catch (error) {
        if (mine !== attempt.current) return;
        stop(current.current);
        current.current = undefined;
        setCapture({ status: 'failed', words: captureProblem(error) });
      }
    },
    [look],
  );

  const close = useCallback(() => {
    attempt.current++;
    stop(current.current);
    current.current = undefined;
    setCapture({ status: 'closed' });
  }, []);
  return { capture, devices, open, close };
}
