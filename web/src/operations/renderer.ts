// What draws the wall in this browser.

import { graphicsName, isSoftware } from '../base/graphics';

export interface Renderer {
  name: string;
  isSoftware: boolean;
}

export function renderer(): Renderer {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return { name: '2D canvas: there is no WebGL 2', isSoftware: true };
  const name = graphicsName(gl);
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return { name, isSoftware: isSoftware(name) };
}
