export interface Snippet {
  readonly name: string;
  /** What the snippet is for, or what it needs. */
  readonly note: string;
  readonly code: string;
}

interface SnippetInput {
  /** The WebSocket address of the stream. */
  readonly src: string;
  /** The address of the embed page. */
  readonly embedUrl: string;
  /** The address of the player's one file. */
  readonly playerUrl: string;
  readonly title: string;
}

/** Ways to put a stream into somebody else's page. */
export function embedSnippets({ src, embedUrl, playerUrl, title }: SnippetInput): Snippet[] {
  return [
    {
      name: 'Frame',
      note: 'Works everywhere, with nothing to install.',
      code: `<iframe\n  src="${attribute(embedUrl)}"\n  title="${attribute(title)}"\n  style="width: 100%; aspect-ratio: 16 / 9; border: 0"\n  allow="autoplay; fullscreen; picture-in-picture"\n></iframe>`,
    },
    {
      name: 'Element',
      note: 'For any page. You can copy the file to your own server, with the other files topicast-*.js beside it.',
      code: `<script type="module" src="${attribute(playerUrl)}"></script>\n\n<topicast-player src="${attribute(src)}" autoplay muted controls></topicast-player>`,
    },
    {
      name: 'React',
      note: 'With the package @topicast/player.',
      code: `import { TopicastPlayer } from '@topicast/player/react';\n\n<TopicastPlayer src="${attribute(src)}" autoPlay muted controls />`,
    },
  ];
}

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
