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
import { AccessUnitReader } from './access-unit.js';

const read = (data: Uint8Array) => new AccessUnitReader().read({ data, pts: 6000, dts: 3000 });

describe('access units', () => {
  it('are read to their last NAL unit, at once', () => {
    const reader = new AccessUnitReader();
    for (let i = 0; i < 3; i++) {
      const unit = reader.read({ data: accessUnit(SLICE, SLICE, SLICE), pts: 6000, dts: 3000 });
      expect(unit).toMatchObject({
        nals: [SLICE, SLICE, SLICE],
        pts: 6000,
        dts: 3000,
        parameters: undefined,
      });
    }
  });

  it('need no delimiter, and lose it with the parameter sets', () => {
    const units = [keyframe(), accessUnit(DELIMITER, SPS, PPS, SPS, PPS, IDR_SLICE)].map(read);
    for (const unit of units) {
      expect(unit?.nals).toEqual([IDR_SLICE]);
      expect(unit?.parameters).toMatchObject({ sps: [SPS], pps: [PPS], sampleAspectRatio: [1, 1] });
      expect(unit?.parameters?.picture).toEqual({ codec: 'avc1.42c00a', width: 64, height: 64 });
    }
  });

  it('leave the zeros behind the last NAL unit, which are not of it', () => {
    expect(read(Uint8Array.from([...accessUnit(SLICE), 0, 0, 0]))?.nals).toEqual([SLICE]);
  });

  it('begin with a recovery point, too, where a stream has no IDR pictures', () => {
    const recoveryPoint = hex('06 06 01 84 80');
    const unit = read(accessUnit(SPS, PPS, recoveryPoint, SLICE));
    expect(unit?.parameters).toBeDefined();
    expect(unit?.nals).toEqual([recoveryPoint, SLICE]);
  });

  it('hand on picture parameter sets in between', () => {
    expect(read(accessUnit(OTHER_PPS, SLICE))).toMatchObject({ nals: [SLICE], loosePps: [OTHER_PPS] });
  });

  it('are none without a picture, a start code, time stamps, or a whole sequence parameter set', () => {
    expect(read(accessUnit(DELIMITER, SPS, PPS))).toBeUndefined();
    expect(read(SLICE)).toBeUndefined();
    expect(read(new Uint8Array(0))).toBeUndefined();
    const reader = new AccessUnitReader();
    expect(reader.read({ data: keyframe(), pts: undefined, dts: undefined })).toBeUndefined();
    for (let length = 1; length < 8; length++) {
      const cut = accessUnit(SPS.subarray(0, length), PPS, IDR_SLICE);
      expect(reader.read({ data: cut, pts: 0, dts: 0 }), `${length} bytes`).toBeUndefined();
    }
    expect(reader.read({ data: keyframe(), pts: 0, dts: 0 })?.nals).toEqual([IDR_SLICE]);
  });
});
