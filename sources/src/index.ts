/** What people may name as a source: used by the gateway, which is asked, and by the producer, which opens it. */
export { type JudgedSource, judgeSource, type SourceRules } from './judge.js';
export { PROTOCOLS, type UrlProtocol } from './protocols.js';
export { SourceError } from './source-error.js';
