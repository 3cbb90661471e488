export { decoderRecordOf } from '../codec/table.js';
export { readAudioSpecificConfig, STREAM_TYPE_ADTS, type StoredAac, toAdts } from './aac.js';
export { NAL_FORMATS } from './nal-format.js';
export { opusDescriptors, opusHead, STREAM_TYPE_PRIVATE_PES, toOpusUnit } from './opus.js';
export { type ByteStream, readDecoderRecord, type StoredVideo, toByteStream } from './video.js';
