import { LiveStreams } from '../../components/home/live-streams';
import { firstStreams } from '../../lib/first-render';
import { requestGateway } from '../../lib/request';

export default async function HomePage() {
  const [gateway, first] = await Promise.all([requestGateway(), firstStreams()]);
  return <LiveStreams gateway={gateway} first={first} />;
}
