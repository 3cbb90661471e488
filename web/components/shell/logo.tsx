/** Chunks of a log, growing towards the live edge. */
export function Logo({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 26 26" aria-hidden="true" focusable="false">
      <g fill="currentColor">
        <rect x="1" y="9.5" width="3.6" height="7" rx="1.8" opacity=".3" />
        <rect x="6.8" y="7" width="3.6" height="12" rx="1.8" opacity=".6" />
        <rect x="12.6" y="3.5" width="3.6" height="19" rx="1.8" />
      </g>
      <circle cx="21.6" cy="13" r="3.4" fill="var(--live)" />
    </svg>
  );
}
