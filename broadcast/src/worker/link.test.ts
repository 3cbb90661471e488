import { expect, it, vi } from 'vitest';
import type { BroadcastState } from '../core/state.js';
import { Link } from './link.js';

it('says what to do where the browser refuses the address', () => {
  // As browsers do for an address without TLS on a page with it (W3C Mixed Content 4.4).
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new DOMException('insecure', 'SecurityError');
      }
    },
  );
  const states: BroadcastState[] = [];
  new Link({ address: 'ws://live.example.com', key: 'show.x', onState: (state) => states.push(state) });
  expect(states).toEqual([
    { at: 'connecting' },
    { at: 'ended', words: expect.stringContaining('TOPICAST_PUBLIC_CAMERA_URL') },
  ]);
  vi.unstubAllGlobals();
});
