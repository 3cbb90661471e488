declare module 'node-media-server' {
  /** The part of it that the bench uses. */
  export default class NodeMediaServer {
    constructor(config: {
      bind: string;
      rtmp: { port: number };
      http: { port: number };
      webadmin: { enable: boolean };
      store: { path: string };
    });
    run(): Promise<void>;
  }
}
