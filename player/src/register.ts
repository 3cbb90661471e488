import { TopicastPlayerElement } from './element.js';

/** Define `<topicast-player>`. Nothing happens the second time, and on a server, where there is nothing to define it in. */
export function registerTopicastPlayer(): void {
  const { customElements } = globalThis;
  if (customElements && !customElements.get('topicast-player')) {
    customElements.define('topicast-player', TopicastPlayerElement);
  }
}
