import { registerTopicastPlayer } from './register.js';

export { TopicastPlayerElement } from './element.js';

registerTopicastPlayer();
