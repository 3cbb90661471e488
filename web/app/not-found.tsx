import { SiteFrame } from '../components/shell/site-frame';
import { NotFoundNotice } from '../components/ui/not-found';

export const metadata = { title: 'Page not found' };

export default function NotFound() {
  return (
    <SiteFrame>
      <NotFoundNotice title="There is no such page">
        The address may be mistyped, or the page has moved.
      </NotFoundNotice>
    </SiteFrame>
  );
}
