import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import './styles/tokens.css';
import './styles/base.css';

const description = 'Live video in the browser, a fraction of a second behind the camera.';

export const metadata: Metadata = {
  title: { default: 'Topicast', template: '%s · Topicast' },
  description,
  applicationName: 'Topicast',
  openGraph: { type: 'website', siteName: 'Topicast', title: 'Topicast', description },
  twitter: { card: 'summary' },
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f4f1' },
    { media: '(prefers-color-scheme: dark)', color: '#0c0d10' },
  ],
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  // No page may be rendered at build time, because each one carries the nonce of its request (proxy.ts).
  await connection();
  return (
    // theme.js sets data-theme before React starts.
    <html lang="en" suppressHydrationWarning>
      <head>
        <script src="/theme.js" />
      </head>
      <body>{children}</body>
    </html>
  );
}
