import { isStreamId } from '@topicast/contracts/stream-id';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { Watch } from '../../../../components/watch/watch';
import { firstStream } from '../../../../lib/first-render';
import { requestGateway, routeStreamId } from '../../../../lib/request';

// The title and the page need the same stream, so ask once per request.
const streamOf = cache(firstStream);

export async function generateMetadata({ params }: PageProps<'/watch/[id]'>): Promise<Metadata> {
  const { id } = await params;
  const first = isStreamId(id) ? await streamOf(id) : undefined;
  const title =
    first?.kind === 'answer' ? first.value.title || id : first?.kind === 'unreachable' ? id : undefined;
  if (title === undefined) return { title: 'Stream not found' };
  return { title, openGraph: { type: 'video.other', title, description: 'Watch it live on Topicast.' } };
}

export default async function WatchPage({ params }: PageProps<'/watch/[id]'>) {
  const id = await routeStreamId(params);
  const [gateway, first] = await Promise.all([requestGateway(), streamOf(id)]);
  if (first.kind === 'not-found') notFound();
  return (
    <Watch key={id} gateway={gateway} id={id} first={first.kind === 'answer' ? first.value : undefined} />
  );
}
