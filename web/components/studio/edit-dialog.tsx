'use client';

import type { IngestAccess, StreamInfo } from '@topicast/contracts/http';
import { useState } from 'react';
import { useEncodingOffer } from '../../hooks/use-encoding-offer';
import type { GatewayAddress } from '../../lib/gateway-address';
import { editStream, getStream } from '../../lib/gateway-client';
import { saveEdit } from '../../lib/save-edit';
import {
  draftChange,
  draftOf,
  draftProblems,
  ENCODED_KINDS,
  editableParts,
  fieldsOfSource,
  rebased,
  type StreamDraft,
} from '../../lib/stream-draft';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Conflict } from './form/conflict';
import { FixedId } from './form/fixed-id';
import { IngestAccessPanel } from './form/ingest-access';
import { RenewKey } from './form/renew-key';
import { SourceInside } from './form/source-inside';
import { StreamForm } from './form/stream-form';
import { useStreamForm } from './form/use-stream-form';

interface EditDialogProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** As it is shown when the dialog opens. */
  readonly stream: StreamInfo;
  readonly onClose: () => void;
  /** Not called if nothing was changed. */
  readonly onSaved: (name: string) => void;
}

const NOBODY: ReadonlySet<string> = new Set();

export function EditDialog({ gateway, token, stream, onClose, onSaved }: EditDialogProps) {
  /** The version that the form began with. */
  const [base, setBase] = useState(stream);
  const [conflict, setConflict] = useState<'none' | 'met' | 'loaded'>('none');
  const [access, setAccess] = useState<IngestAccess>();
  const offer = useEncodingOffer(gateway, token);
  const isWhole = editableParts(stream) === 'everything';
  const newest = () => getStream(gateway, stream.id, { token });

  async function send(draft: StreamDraft): Promise<void> {
    const change = draftChange(draft, base);
    if (!change) return onClose();
    setConflict('none');
    const outcome = await saveEdit(
      { send: (request) => editStream(gateway, stream.id, request, { token }), newest },
      change,
      base,
    );
    if (outcome === 'conflict') return setConflict('met');
    onSaved(draft.title.trim() || stream.id);
  }

  const form = useStreamForm({
    initial: draftOf(stream),
    fieldsOf: (draft) => ['title', ...(isWhole ? fieldsOfSource(draft) : [])],
    problemsOf: (draft) => draftProblems(draft, NOBODY),
    send,
  });

  async function load(): Promise<void> {
    const loaded = await newest();
    // Somebody may have typed on while it was loading.
    form.change((draft) => rebased(draft, draftOf(base), draftOf(loaded)));
    setBase(loaded);
    setConflict('loaded');
  }

  if (access) {
    return (
      <Dialog title="Connect your encoder" onClose={onClose}>
        <IngestAccessPanel access={access}>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </IngestAccessPanel>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Edit “${stream.title}”`} onClose={onClose}>
      <StreamForm
        form={form}
        kinds={isWhole ? ENCODED_KINDS : []}
        sizes={editableParts(stream) !== 'title'}
        submit={{ name: 'Save', busy: 'Saving…' }}
        onCancel={onClose}
        inside={<SourceInside gateway={gateway} token={token} form={form} />}
        offer={offer}
        idField={<FixedId stream={stream} />}
      >
        {stream.source?.kind === 'ingest' && (
          <RenewKey gateway={gateway} token={token} id={stream.id} onRenewed={setAccess} />
        )}
        {conflict !== 'none' && <Conflict state={conflict} onLoad={load} form={form.form} />}
      </StreamForm>
    </Dialog>
  );
}
