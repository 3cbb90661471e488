/** What we use of mux.js 7.1.0, read from its source. */

declare module 'mux.js/lib/m2ts/caption-stream.js' {
  /** A row of a CEA-608 display; damaged captions can leave a hole. */
  interface Cea608Row {
    readonly text: string;
  }
  interface Cea708Window {
    readonly visible: 0 | 1;
    isEmpty(): boolean;
    getText(): string;
  }
  const captions: {
    CaptionStream: new () => {
      /** `escapedRBSP` is without its emulation prevention. What has a lower `dts` than before is ignored. */
      push(sei: { nalUnitType: 'sei_rbsp'; escapedRBSP: Uint8Array; pts: number; dts: number }): void;
      flush(): void;
      /** CC1 to CC4. */
      readonly ccStreams_: readonly {
        readonly name_: string;
        readonly displayed_: readonly (Cea608Row | undefined)[];
        readonly nonDisplayed_: readonly (Cea608Row | undefined)[];
      }[];
      readonly cc708Stream_: {
        /** Grows up to the beginning of the next one. */
        readonly current708Packet: { readonly data: readonly number[] } | null;
        readonly services: Readonly<Record<number, { readonly windows: readonly Cea708Window[] }>>;
      };
    };
  };
  export default captions;
}

declare module 'mux.js/lib/tools/caption-packet-parser.js' {
  const parser: { discardEmulationPreventionBytes(data: Uint8Array): Uint8Array };
  export default parser;
}

declare module 'mux.js/lib/tools/parse-id3.js' {
  interface MuxId3Frame {
    key: string;
    data: Uint8Array | string;
    /** Of a text frame in UTF-8. */
    value?: string;
    /** Of a link frame. */
    url?: string;
    /** Of TXXX and WXXX. */
    description?: string;
    /** Of PRIV. */
    owner?: string;
  }
  const id3: {
    /** Throws if a text is not UTF-8. @returns undefined if this is no tag */
    parseId3Frames(tag: Uint8Array): MuxId3Frame[] | undefined;
    parseSyncSafeInteger(bytes: Uint8Array): number;
  };
  export default id3;
}
