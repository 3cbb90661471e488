import { describe, expect, it } from 'vitest';
import {
  accessUnit,
  DELIMITER,
  hex,
  IDR_SLICE,
  keyframe,
  OTHER_PPS,
  PPS,
  SLICE,
  SPS,
} from '../testing/h264-units.js';
import { h264 } from './h264.js';

describe('access units', () => {
  it('are read to their last NAL unit, at once', () => {
    const unit = h264.read(accessUnit(SLICE, SLICE, SLICE));
    expect(unit).toEqual({ nals: [SLICE, SLICE, SLICE], config: undefined, looseSets: [] });
  });

  it('need no delimiter, and lose it with the parameter sets', () => {
    const units = [keyframe(), accessUnit(DELIMITER, SPS, PPS, SPS, PPS, IDR_SLICE)].map((unit) =>
      h264.read(unit),
    );
    for (const unit of units) {
      expect(unit?.nals).toEqual([IDR_SLICE]);
      expect(unit?.config).toMatchObject({ parameterSets: [SPS, PPS], sampleAspectRatio: [1, 1] });
      expect(unit?.config).toMatchObject({ codec: 'avc1.42c00a', width: 64, height: 64 });
    }
  });

  it('leave the zeros behind the last NAL unit, which are not of it', () => {
    expect(h264.read(Uint8Array.from([...accessUnit(SLICE), 0, 0, 0]))?.nals).toEqual([SLICE]);
  });

  it('begin with a recovery point, too, where a stream has no IDR pictures', () => {
    const recoveryPoint = hex('06 06 01 84 80');
    const unit = h264.read(accessUnit(SPS, PPS, recoveryPoint, SLICE));
    expect(unit?.config).toBeDefined();
    expect(unit?.nals).toEqual([recoveryPoint, SLICE]);
  });

  it('hand on picture parameter sets in between', () => {
    expect(h264.read(accessUnit(OTHER_PPS, SLICE))).toMatchObject({ nals: [SLICE], looseSets: [OTHER_PPS] });
  });

  it('are none without a picture, a start code, or a whole sequence parameter set', () => {
    expect(h264.read(accessUnit(DELIMITER, SPS, PPS))).toBeUndefined();
    expect(h264.read(SLICE)).toBeUndefined();
    expect(h264.read(new Uint8Array(0))).toBeUndefined();
    for (let length = 1; length < 8; length++) {
      const cut = accessUnit(SPS.subarray(0, length), PPS, IDR_SLICE);
      expect(h264.read(cut), `${length} bytes`).toBeUndefined();
    }
  });
});
