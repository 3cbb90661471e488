import { NotFoundNotice } from '../../../../components/ui/not-found';

export default function StreamNotFound() {
  return (
    <NotFoundNotice title="There is no such stream">
      Its name may be mistyped, or it was deleted. If it is about to start, reload this page in a moment.
    </NotFoundNotice>
  );
}
