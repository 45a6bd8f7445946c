// One triangle that covers the screen: each pixel finds its cell in a texture that has one texel a
// cell, and its colour in the sheet of tiles.

import { graphicsName, isSoftware } from '../base/graphics';
import type { Grid } from './pool';
import { tileScale, type Frame, type Renderer } from './renderer';
import type { Sheet } from './tiles';

const kVertex = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const kFragment = `#version 300 es
precision highp float;
precision highp int;
uniform highp usampler2D states;
uniform highp sampler2D tiles;
uniform vec3 frame;      // where the grid begins; the length of a cell
uniform float height;
uniform ivec2 size;      // of the grid
uniform int tile;        // length of a tile
uniform float tileScale;
uniform vec3 background;
out vec4 color;
void main() {
  vec2 at = (vec2(gl_FragCoord.x, height - gl_FragCoord.y) - frame.xy) / frame.z;
  ivec2 cell = ivec2(floor(at));
  color = vec4(background, 1.0);
  if (any(lessThan(cell, ivec2(0))) || any(greaterThanEqual(cell, size))) return;
  int code = int(texelFetch(states, cell, 0).r);
  if (code == 0) return;
  ivec2 within = min(ivec2((at - vec2(cell)) * frame.z * tileScale), ivec2(tile - 1));
  color = texelFetch(tiles, ivec2(code & 15, code >> 4) * tile + within, 0);
}`;

function program(gl: WebGL2RenderingContext): WebGLProgram {
  const made = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, kVertex],
    [gl.FRAGMENT_SHADER, kFragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) {
    throw new Error(`WebGL: ${gl.getProgramInfoLog(made) ?? 'no program'}`);
  }
  return made;
}

function texture(gl: WebGL2RenderingContext, unit: number): void {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ] as const) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
}

export class WebGlRenderer implements Renderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly places = new Map<string, WebGLUniformLocation | null>();
  private readonly program: WebGLProgram;
  private tile = 1;

  /**
   * `evenSlow`: where the processor does what a graphics card should, too.
   * Errors: Error, where the browser has no WebGL2, or a slow one.
   */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    evenSlow: boolean,
  ) {
    const gl = canvas.getContext('webgl2', {
      failIfMajorPerformanceCaveat: !evenSlow,
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
    });
    if (!gl) throw new Error('WebGL: not here');
    if (!evenSlow && isSoftware(graphicsName(gl))) {
      gl.getExtension('WEBGL_lose_context')?.loseContext();
      throw new Error('WebGL: by the processor');
    }
    this.gl = gl;
    this.program = program(gl);
    gl.useProgram(this.program);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    texture(gl, 0);
    texture(gl, 1);
    gl.uniform1i(this.place('states'), 0);
    gl.uniform1i(this.place('tiles'), 1);
  }

  private place(name: string): WebGLUniformLocation | null {
    if (!this.places.has(name)) {
      this.places.set(name, this.gl.getUniformLocation(this.program, name));
    }
    return this.places.get(name)!;
  }

  resize(width: number, height: number): void {
    this.canvas.width = width;
    this.canvas.height = height;
    this.gl.viewport(0, 0, width, height);
    this.gl.uniform1f(this.place('height'), height);
  }

  setGrid({ columns, rows, codes }: Grid): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    const format = gl.RED_INTEGER;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, columns, rows, 0, format, gl.UNSIGNED_BYTE, codes);
    gl.uniform2i(this.place('size'), columns, rows);
  }

  setRows({ columns, codes }: Grid, first: number, last: number): void {
    const { gl } = this;
    const part = codes.subarray(first * columns, last * columns);
    gl.activeTexture(gl.TEXTURE0);
    const format = gl.RED_INTEGER;
    const rows = last - first;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, first, columns, rows, format, gl.UNSIGNED_BYTE, part);
  }

  setSheet({ size, width, height, pixels }: Sheet): void {
    const { gl } = this;
    const bytes = new Uint8Array(pixels.buffer);
    gl.activeTexture(gl.TEXTURE1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    gl.uniform1i(this.place('tile'), size);
    this.tile = size;
  }

  setBackground(color: number): void {
    const part = (shift: number) => ((color >>> shift) & 255) / 255;
    this.gl.uniform3f(this.place('background'), part(0), part(8), part(16));
  }

  draw({ x, y, cell }: Frame): void {
    const { gl } = this;
    gl.uniform3f(this.place('frame'), x, y, cell);
    gl.uniform1f(this.place('tileScale'), tileScale(this.tile, cell));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  end(): void {
    this.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
