import { ENCODER_NAMES, VIDEO_ENCODERS, type VideoEncoder } from '@topicast/contracts/encoding';
import { type EncodingOffer, encodingOffer } from '@topicast/contracts/http';
import type { ProducerHeartbeat } from '@topicast/contracts/tables';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiOptions, Guards } from './api.js';
import { ApiError, problems } from './problem.js';

type Told = NonNullable<ProducerHeartbeat['encoding']>;

/** `/api/encoding`: what a stream can be encoded with here. */
export function addEncoding(
  instance: FastifyInstance,
  { directory }: Pick<ApiOptions, 'directory'>,
  { changing, security }: Guards,
): void {
  instance.withTypeProvider<ZodTypeProvider>().get(
    '/api/encoding',
    {
      ...changing,
      schema: {
        summary: 'Which encoders work here, and the limits of the producers',
        tags: ['streams'],
        security,
        response: { 200: encodingOffer, ...problems(401, 403, 503) },
      },
    },
    async () => offerOf(directory.encoding),
  );
}

/** What all producers can do: a stream may be encoded by any of them, and moves when one ends. */
export function offerOf(told: readonly Told[]): EncodingOffer {
  const isEverywhere = (encoder: VideoEncoder): boolean =>
    told.length > 0 && told.every(({ encoders }) => encoders.includes(encoder));
  return {
    encoders: VIDEO_ENCODERS.filter((encoder) => encoder === 'x264' || isEverywhere(encoder)),
    ...(told.length > 0 && {
      maxHeight: Math.min(...told.map(({ maxHeight }) => maxHeight)),
      maxKbit: Math.min(...told.map(({ maxKbit }) => maxKbit)),
    }),
  };
}

/**
 * Tell a streamer at once that there is no such hardware. While no producer tells, nobody knows: then the stream may have
 * it, and is encoded by x264 where it does not work.
 * @throws {ApiError} 422
 */
export function requireEncoder(wanted: VideoEncoder | undefined, told: readonly Told[]): void {
  const { encoders } = offerOf(told);
  if (wanted === undefined || told.length === 0 || encoders.includes(wanted)) return;
  const others = encoders.map((encoder) => ENCODER_NAMES[encoder]).join(', ');
  const message = `${ENCODER_NAMES[wanted]} does not work on every host here: choose one of these: ${others}`;
  throw new ApiError(422, message, [{ path: 'encoding.encoder', message }]);
}
