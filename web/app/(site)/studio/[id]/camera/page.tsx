import { CameraPage } from '../../../../../components/camera/camera-page';
import { requestCamera, requestGateway, routeStreamId } from '../../../../../lib/request';

export const metadata = { title: 'Send from this browser', robots: { index: false } };

export default async function StudioCameraPage({ params }: PageProps<'/studio/[id]/camera'>) {
  const id = await routeStreamId(params);
  const [gateway, camera] = await Promise.all([requestGateway(), requestCamera()]);
  return <CameraPage key={id} id={id} gateway={gateway} camera={camera} />;
}
