export { PictureRoute } from './picture-route.js';
