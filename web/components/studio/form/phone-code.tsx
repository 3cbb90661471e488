import qrcode from 'qrcode-generator';
import styles from './ingest-access.module.css';

/** Empty modules around the code (ISO/IEC 18004 5.3.8). */
const QUIET = 4;
/** As few modules as the text takes, and 15 % of them may be unreadable. */
const SMALLEST = 0;
const CORRECTION = 'M';

/** The address with the key, for the camera of a phone. Whoever can see it has the key. */
export function PhoneCode({ rtmp, streamKey }: { readonly rtmp: string; readonly streamKey: string }) {
  const code = qrcode(SMALLEST, CORRECTION);
  code.addData(`${rtmp}/${streamKey}`);
  code.make();
  const size = code.getModuleCount();
  const places = Array.from({ length: size * size }, (_, at) => [Math.floor(at / size), at % size] as const);
  const dark = places.filter(([row, column]) => code.isDark(row, column));
  return (
    <details className={styles.phone}>
      <summary>Send from a phone</summary>
      <p>
        This is the server with the key. Scan it with the phone’s camera, and paste it as the URL into an app
        that sends RTMP (Larix Broadcaster: Settings, Connections, New connection). Whoever can see it has the
        key.
      </p>
      <svg
        viewBox={`${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`}
        role="img"
        aria-label="QR code of the server with the stream key"
        shapeRendering="crispEdges"
      >
        <rect x={-QUIET} y={-QUIET} width="100%" height="100%" fill="#fff" />
        <path d={dark.map(([row, column]) => `M${column} ${row}h1v1h-1z`).join('')} fill="#000" />
      </svg>
    </details>
  );
}
