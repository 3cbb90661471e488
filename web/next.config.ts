import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

// Next reads this when it creates its telemetry object, which happens after this file.
process.env.NEXT_TELEMETRY_DISABLED = '1';

const repository = fileURLToPath(new URL('..', import.meta.url));

const everywhere = [
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), browsing-topics=()' },
];

/** The camera page alone may ask for devices. */
const ownDevices = {
  key: 'Permissions-Policy',
  value: 'camera=(self), microphone=(self), display-capture=(self), geolocation=(), browsing-topics=()',
};

const anyOrigin = [{ key: 'Access-Control-Allow-Origin', value: '*' }];

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Only the Docker image asks for it, because `next start` warns when it serves a standalone build.
  ...(process.env.TOPICAST_WEB_STANDALONE === '1' && { output: 'standalone' }),
  outputFileTracingRoot: repository,
  turbopack: { root: repository },
  typescript: { ignoreBuildErrors: process.env.TOPICAST_WEB_UNCHECKED === '1' },
  headers: async () => [
    { source: '/:path*', headers: everywhere },
    { source: '/studio/:id/camera', headers: [ownDevices] },
    // Pages of any origin load the player from here, and the player what it needs beside.
    ...['player', 'captions', 'sound', 'overlay', 'picture', 'mse', 'adaptive', 'ways', 'step'].map(
      (name) => ({
        source: `/topicast-${name}.js`,
        headers: anyOrigin,
      }),
    ),
  ],
};

export default config;
