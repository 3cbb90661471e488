'use client';

import type { IngestAccess } from '@topicast/contracts/http';
import { useState } from 'react';
import { goToCamera } from '../../lib/camera-page';
import type { GatewayAddress } from '../../lib/gateway-address';
import { createStream } from '../../lib/gateway-client';
import {
  type DraftProblems,
  draftId,
  draftProblems,
  draftRequest,
  EMPTY_DRAFT,
  fieldsOfKind,
  SOURCE_KINDS,
  type StreamDraft,
} from '../../lib/stream-draft';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Field } from '../ui/field';
import { IngestAccessPanel } from './form/ingest-access';
import { SourceInside } from './form/source-inside';
import { StreamForm } from './form/stream-form';
import { useStreamForm } from './form/use-stream-form';

interface CreateDialogProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** Ids that exist. */
  readonly taken: ReadonlySet<string>;
  readonly onClose: () => void;
  readonly onCreated: (id: string) => void;
}

export function CreateDialog({ gateway, token, taken, onClose, onCreated }: CreateDialogProps) {
  const [access, setAccess] = useState<IngestAccess>();
  const form = useStreamForm({
    initial: EMPTY_DRAFT,
    fieldsOf: ({ kind }) => ['title', 'id', ...fieldsOfKind(kind)],
    problemsOf: (draft) => draftProblems(draft, taken),
    earlyProblemsOf: (draft) => typedIdProblem(draft, taken),
    send: async (draft) => {
      const ingest = await createStream(gateway, draftRequest(draft), { token });
      if (ingest && draft.kind === 'camera') goToCamera(draftId(draft), ingest.key);
      else if (ingest) setAccess(ingest);
      else onCreated(draftId(draft));
    },
  });
  const id = draftId(form.draft);
  if (access) {
    return (
      <Dialog title="Connect your encoder" onClose={() => onCreated(id)}>
        <IngestAccessPanel access={access}>
          <Button variant="primary" onClick={() => onCreated(id)}>
            Done
          </Button>
        </IngestAccessPanel>
      </Dialog>
    );
  }
  return (
    <Dialog title="New stream" onClose={onClose}>
      <StreamForm
        form={form}
        kinds={SOURCE_KINDS}
        submit={{ name: 'Create stream', busy: 'Creating…' }}
        onCancel={onClose}
        inside={<SourceInside gateway={gateway} token={token} form={form} />}
        idField={
          <Field
            label="Id"
            name="id"
            mono
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            placeholder="friday-night-concert"
            value={id}
            onChange={(event) => form.change({ typedId: event.target.value })}
            error={form.problems.id}
            hint={
              id ? `Viewers will find it at /watch/${id}` : 'Part of the address; it cannot be changed later.'
            }
          />
        }
      />
    </Dialog>
  );
}

/** Nobody is to blame for a field that is still empty. */
function typedIdProblem(draft: StreamDraft, taken: ReadonlySet<string>): DraftProblems {
  const { id } = draftProblems(draft, taken);
  return id !== undefined && draftId(draft) !== '' ? { id } : {};
}
