import { TopicastPlayerElement } from './element.js';

export { TopicastPlayerElement } from './element.js';

// On a server there is nothing to define it in.
const { customElements } = globalThis;
if (customElements && !customElements.get('topicast-player')) {
  customElements.define('topicast-player', TopicastPlayerElement);
}
