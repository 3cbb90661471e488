/**
 * What people may name as a source. The gateway uses this when it is asked, and the producer when it opens the source.
 */
export {
  type JudgedDestination,
  judgeDestination,
  type RtmpDestination,
  type SrtDestination,
  shownDestination,
} from './destination.js';
export { type JudgedSource, judgeSource, type SourceRules } from './judge.js';
export { PROTOCOLS, URL_PROTOCOLS, type UrlProtocol } from './protocols.js';
export { SourceError } from './source-error.js';
export { isCalled } from './source-url.js';
