// What draws the wall in this browser.

export interface Renderer {
  name: string;
  isSoftware: boolean;
}

export function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

export function renderer(): Renderer {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) return { name: '2D canvas: there is no WebGL 2', isSoftware: true };
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return { name, isSoftware: isSoftware(name) };
}
