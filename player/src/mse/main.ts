export { SourceRoute } from './source-route.js';
