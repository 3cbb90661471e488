import type { Metadata } from 'next';
import { Studio } from '../../../../components/studio/studio';
import { requestGateway, routeStreamId } from '../../../../lib/request';

export async function generateMetadata({ params }: PageProps<'/studio/[id]'>): Promise<Metadata> {
  const id = await routeStreamId(params);
  return { title: `${id} · Studio`, robots: { index: false } };
}

export default async function StudioStreamPage({ params }: PageProps<'/studio/[id]'>) {
  const id = await routeStreamId(params);
  return <Studio key={id} gateway={await requestGateway()} stream={id} />;
}
