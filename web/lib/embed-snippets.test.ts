import { describe, expect, it } from 'vitest';
import { embedSnippets } from './embed-snippets';

describe('the snippets for embedding', () => {
  it('name the stream, and survive any title', () => {
    const [frame, ...players] = embedSnippets({
      src: 'ws://gw.example:8080/live/demo',
      embedUrl: 'http://tv.example/embed/demo',
      playerUrl: 'http://tv.example/topicast-player.js',
      title: 'A "live" <show> & more',
    });
    expect(frame?.code).toContain('src="http://tv.example/embed/demo"');
    expect(frame?.code).toContain('title="A &quot;live&quot; &lt;show> &amp; more"');
    expect(players[0]?.code).toContain('src="http://tv.example/topicast-player.js"');
    for (const { code } of players) expect(code).toContain('src="ws://gw.example:8080/live/demo"');
  });
});
