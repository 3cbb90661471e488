import type { Metadata } from 'next';
import { LazyStage } from '../../../components/player/lazy-stage';
import { liveUrl } from '../../../lib/gateway-address';
import { requestGateway, routeStreamId } from '../../../lib/request';
import styles from './page.module.css';

export async function generateMetadata({ params }: PageProps<'/embed/[id]'>): Promise<Metadata> {
  const { id } = await params;
  return { title: id, robots: { index: false } };
}

/** Only the player, for frames in other people's pages. It waits for a stream that does not exist yet. */
export default async function EmbedPage({ params }: PageProps<'/embed/[id]'>) {
  const id = await routeStreamId(params);
  const gateway = await requestGateway();
  return (
    <main className={styles.frame}>
      <LazyStage src={liveUrl(gateway, id)} title={id} />
    </main>
  );
}
