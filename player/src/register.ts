import { TopicastPlayerElement } from './element.js';

/** Define `<topicast-player>`. Does nothing the second time, or on a server, which has no custom elements. */
export function registerTopicastPlayer(): void {
  const { customElements } = globalThis;
  if (customElements && !customElements.get('topicast-player')) {
    customElements.define('topicast-player', TopicastPlayerElement);
  }
}
