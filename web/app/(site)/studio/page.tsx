import { Studio } from '../../../components/studio/studio';
import { requestGateway } from '../../../lib/request';

export const metadata = { title: 'Studio', robots: { index: false } };

export default async function StudioPage() {
  return <Studio gateway={await requestGateway()} />;
}
