import type { CreatedStream } from '@topicast/contracts/http';
import { OPERATOR_TOKEN } from './settings.js';

/** The HTTP API of one gateway, as its operator. */
export class GatewayApi {
  constructor(readonly port: number) {}

  async isReady(): Promise<boolean> {
    return (await this.#call('GET', '/readyz')).ok;
  }

  async createPicture(id: string): Promise<void> {
    await this.#create({ id, source: { kind: 'test' } });
  }

  /** @returns the stream key */
  async createForEncoder(id: string): Promise<string> {
    const answer = await this.#create({ id, source: { kind: 'ingest' } });
    return ((await answer.json()) as CreatedStream).ingest!.key;
  }

  /** Undefined for a stream that it does not know. */
  async stateOf(id: string): Promise<string | undefined> {
    const answer = await this.#call('GET', `/api/streams/${id}`);
    return answer.ok ? ((await answer.json()) as { state: string }).state : undefined;
  }

  /** Viewers see a slate, because its encoder is away. */
  async isAway(id: string): Promise<boolean> {
    const answer = await this.#call('GET', `/api/streams/${id}`);
    return ((await answer.json()) as { awaySince?: string }).awaySince !== undefined;
  }

  async delete(id: string): Promise<void> {
    await this.#call('DELETE', `/api/streams/${id}`);
  }

  async #create(stream: object): Promise<Response> {
    const answer = await this.#call('POST', '/api/streams', stream);
    if (!answer.ok) throw new Error(`the stream was refused: ${await answer.text()}`);
    return answer;
  }

  #call(method: string, route: string, body?: object): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${OPERATOR_TOKEN}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}
