import type { ReactElement } from 'react';

/** Line drawings on 20 units. */
const SHAPES = {
  eye: (
    <>
      <path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10Z" />
      <circle cx="10" cy="10" r="2.3" />
    </>
  ),
  sun: (
    <>
      <circle cx="10" cy="10" r="3.4" />
      <path d="M10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M15.8 4.2l-1.2 1.2M5.4 14.6l-1.2 1.2" />
    </>
  ),
  moon: <path d="M16.8 12.1A7.2 7.2 0 0 1 7.9 3.2a7.2 7.2 0 1 0 8.9 8.9Z" />,
  plus: <path d="M10 4v12M4 10h12" />,
  play: <path d="M6.5 4.2v11.6l9-5.8-9-5.8Z" fill="currentColor" />,
  stop: <rect x="5" y="5" width="10" height="10" rx="1.5" fill="currentColor" />,
  trash: <path d="M3.5 5.5h13M8 5.5V3.8h4v1.7M5.2 5.5l.7 10.7h8.2l.7-10.7M8.3 8.5v4.8M11.7 8.5v4.8" />,
  pencil: <path d="M4 16l.7-3.3L13 4.4 15.6 7l-8.3 8.3L4 16ZM11.3 6.1l2.6 2.6" />,
  copy: (
    <>
      <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
      <path d="M13 7V5.5a2 2 0 0 0-2-2H5.500a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7" />
    </>
  ),
  check: <path d="m4 10.5 4 4 8-9" />,
  close: <path d="m5 5 10 10M15 5 5 15" />,
  chart: <path d="M3.5 16.500h13M6 13v-3M10 13V5M14 13V8" />,
  chevron: <path d="m7.5 5 5 5-5 5" />,
  warning: <path d="M10 3 2.5 16.300h15L10 3Zm0 5.200v3.600M10 14v.1" />,
  camera: (
    <>
      <rect x="2" y="5.5" width="11" height="9" rx="2" />
      <path d="m13 9 5-2.800v7.600L13 11" />
    </>
  ),
  screen: (
    <>
      <rect x="2" y="3.500" width="16" height="10.500" rx="1.500" />
      <path d="M7 17h6M10 14v3" />
    </>
  ),
  antenna: (
    <>
      <circle cx="10" cy="10" r="1.6" fill="currentColor" />
      <path d="M6.5 13.500a5 5 0 0 1 0-7M13.5 6.500a5 5 0 0 1 0 7M4 16a8.5 8.5 0 0 1 0-12M16 4a8.5 8.5 0 0 1 0 12" />
    </>
  ),
  unplug: (
    <path d="M3 3l14 14M7.5 7.5 5.8 9.200a3.7 3.7 0 0 0 5 5.200l1.7-1.700M8.5 4.500l1.2-1.200M12 7.500l2.7-2.700M13.7 10.700l1-1a3.7 3.7 0 0 0-4.4-5.5" />
  ),
  'sound-off': <path d="M3 7.700v4.600h3l4 3.400V4.300L6 7.700H3ZM13.5 8l4 4M17.5 8l-4 4" />,
  search: (
    <>
      <circle cx="9" cy="9" r="5.5" />
      <path d="m13.2 13.2 3.8 3.8" />
    </>
  ),
  key: (
    <>
      <circle cx="7" cy="13" r="3.5" />
      <path d="m9.5 10.5 7-7M13.5 6.500l2.5 2.5" />
    </>
  ),
} satisfies Record<string, ReactElement>;

interface IconProps {
  readonly name: keyof typeof SHAPES;
  /** Pixels. */
  readonly size?: number;
}

/** Decorative: the control around it has the name. */
export function Icon({ name, size = 18 }: IconProps) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[name]}
    </svg>
  );
}
