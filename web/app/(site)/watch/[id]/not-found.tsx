import { ButtonLink } from '../../../../components/ui/button';
import { Icon } from '../../../../components/ui/icon';
import { Notice } from '../../../../components/ui/notice';

export default function StreamNotFound() {
  return (
    <Notice
      level={1}
      icon={<Icon name="search" size={24} />}
      title="There is no such stream"
      actions={
        <ButtonLink look="primary" href="/">
          See what is live
        </ButtonLink>
      }
    >
      <p>
        Its name may be mistyped, or it was deleted. If it is about to start, reload this page in a moment.
      </p>
    </Notice>
  );
}
