export { collectDiagnostics } from './overlay/diagnostics.js';
export { StatsOverlay } from './overlay/stats-overlay.js';
