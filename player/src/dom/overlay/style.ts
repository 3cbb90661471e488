export const PART_COLOURS: Readonly<Record<string, string>> = {
  encoder: '#8fb3ff',
  log: '#c9a7ff',
  network: '#ffbd66',
  delivery: '#ffbd66',
  buffer: '#4fd8a0',
  screen: '#ff8fa3',
};

/** The custom properties let a page leave room for what it has over the picture itself. */
export const STYLE = `
:host { position: relative }
.stats {
  box-sizing: border-box;
  color: #f2f3f5;
  background: rgb(12 13 17 / 86%);
  font: 12px/1.4 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums;
  text-align: left;
  color-scheme: dark;
}
.stats[data-place=over] {
  position: absolute;
  z-index: 1;
  top: var(--stats-overlay-top, 12px);
  right: var(--stats-overlay-right, 12px);
  width: 340px;
  max-height: calc(100% - var(--stats-overlay-top, 12px) - var(--stats-overlay-bottom, 64px));
  overflow: auto;
  padding: 10px 14px 12px;
  border-radius: 12px;
  box-shadow: 0 8px 28px rgb(0 0 0 / 35%), inset 0 0 0 1px rgb(255 255 255 / 8%);
  contain: content;
}
.stats[data-place=below] { contain: inline-size; padding: 10px 14px 14px; background: #0c0d11 }
.stats[data-place=line] {
  position: absolute;
  z-index: 1;
  inset: var(--stats-overlay-top-line, 0) 0 auto;
  padding: 0 2px 0 10px;
}
.stats[data-place=line] :is(.more, strong, span), .stats:not([data-place=line]) .short { display: none }
header { display: flex; align-items: baseline; gap: 6px }
header strong { font-size: 22px; line-height: 32px; font-weight: 650; letter-spacing: -.01em; white-space: nowrap }
header > span { flex: 1; color: #aab1bd }
.short { flex: 1; margin: 0; min-width: 0; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; font-size: 11px }
[data-place=line] header { align-items: center; gap: 2px }
button {
  flex: none;
  white-space: pre;
  min-height: 26px;
  padding: 0 9px;
  border: 0;
  border-radius: 7px;
  background: rgb(255 255 255 / 10%);
  color: inherit;
  font: inherit;
  font-size: 11px;
  cursor: pointer;
}
button:last-child { padding: 0 8px; background: none; font-size: 17px; line-height: 1 }
[data-place=line] button { background: none }
button:hover { background: rgb(255 255 255 / 20%) }
button:focus-visible { outline: 2px solid #8fb3ff; outline-offset: -1px }
.bar { display: flex; gap: 2px; height: 8px; margin: 4px 0 6px; border-radius: 4px; overflow: hidden; background: rgb(255 255 255 / 10%) }
.bar i { flex: 0 1 0; min-width: 1px; transition: flex-grow .4s }
dl, dd { margin: 0 }
dt { color: #aab1bd }
.parts { display: flex; flex-wrap: wrap; gap: 0 9px; font-size: 11px }
.parts div { display: flex; align-items: center; gap: 4px }
.parts dt::before { content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 4px; border-radius: 2px; background: var(--colour) }
.graphs { margin: 10px 0 }
.graphs div { display: grid; grid-template-columns: 50px 92px minmax(0, 1fr); align-items: center; gap: 6px; min-height: 30px }
.graphs div + div { border-top: 1px solid rgb(255 255 255 / 7%) }
.graphs dd { text-align: right; white-space: nowrap }
canvas { display: block; width: 100%; min-width: 0; height: 26px }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 3px 12px; font-size: 11px }
.facts div { display: flex; justify-content: space-between; gap: 4px; white-space: nowrap }
.bad dd { color: #ffbd66; font-weight: 650 }
.picture { margin: 8px 0 0; color: #aab1bd; font-size: 11px }
@media (prefers-reduced-motion: reduce) { .bar i { transition: none } }
`;
