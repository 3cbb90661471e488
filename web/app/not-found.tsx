import { SiteFrame } from '../components/shell/site-frame';
import { ButtonLink } from '../components/ui/button';
import { Icon } from '../components/ui/icon';
import { Notice } from '../components/ui/notice';

export const metadata = { title: 'Page not found' };

export default function NotFound() {
  return (
    <SiteFrame>
      <Notice
        level={1}
        icon={<Icon name="search" size={24} />}
        title="There is no such page"
        actions={
          <ButtonLink look="primary" href="/">
            See what is live
          </ButtonLink>
        }
      >
        <p>The address may be mistyped, or the page has moved.</p>
      </Notice>
    </SiteFrame>
  );
}
