import { Keyboard } from './hands.mjs';
import { tour } from './tour.mjs';

export default (scenario) => tour(scenario, Keyboard);
