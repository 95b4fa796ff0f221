import { Canvas, type Frame, textHeight } from "./canvas.ts";
import { fewerColours } from "./fewer_colours.ts";
import { drawHeading } from "./heading.ts";
import { boxCorners, drawMeshes, type ShownMesh, type View, viewOf } from "./mesh_picture.ts";
import { formatNumber } from "./numbers.ts";
import { type Colour, ink, white } from "./palette.ts";
import { encodeIndexedPng } from "./png.ts";

const [WIDTH, HEIGHT] = [640, 460];
const boxInk: Colour = [205, 205, 205];

/** A surface and its name in the legend. */
export interface NamedMesh extends ShownMesh {
  readonly name: string;
}

/** Surfaces in the box around them, seen from a direction; the box's edges are labelled in mm. */
export function drawSurfaces(
  title: string,
  meshes: readonly NamedMesh[],
  eye: readonly [number, number, number],
): Uint8Array {
  const canvas = new Canvas(WIDTH, HEIGHT, white);
  const legend = meshes.map(({ name, colour }) => ({ name, colour, kind: "block" as const }));
  const top = drawHeading(canvas, title, legend);
  const [min, max] = boundsOf(meshes);
  const frame: Frame = { left: 70, top: top + 24, right: WIDTH - 70, bottom: HEIGHT - 44 };
  const view = viewOf(min, max, eye, frame);
  drawBox(canvas, view, min, max);
  drawMeshes(canvas, view, meshes);
  drawDirections(canvas, view);
  return encodeIndexedPng(fewerColours(canvas));
}

function boundsOf(
  meshes: readonly NamedMesh[],
): [[number, number, number], [number, number, number]] {
  const [min, max] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]];
  for (const { mesh: { positions } } of meshes) {
    positions.forEach((place, i) => {
      min[i % 3] = Math.min(min[i % 3], place);
      max[i % 3] = Math.max(max[i % 3], place);
    });
  }
  if (!Number.isFinite(min[0])) return [[0, 0, 0], [1, 1, 1]];
  return [[min[0], min[1], min[2]], [max[0], max[1], max[2]]];
}

type Place = readonly [number, number, number];

/** The box's edges, and the lengths of one along each axis: those lowest and furthest outside. */
function drawBox(canvas: Canvas, view: View, min: Place, max: Place): void {
  const corners = boxCorners(min, max);
  for (let corner = 0; corner < 8; corner++) {
    for (const axis of [1, 2, 4]) {
      if (corner & axis) continue;
      canvas.line([corners[corner], corners[corner | axis]].map(view.pixel), boxInk, { width: 1 });
    }
  }
  const middle = canvas.width / 2;
  [1, 2, 4].forEach((bit, axis) => {
    const edges = [0, 1, 2, 3, 4, 5, 6, 7].filter((corner) => (corner & bit) === 0)
      .map((corner) => {
        const [a, b] = [view.pixel(corners[corner]), view.pixel(corners[corner | bit])];
        return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      });
    const outside = axis === 2
      ? ([x]: number[]) => -x
      : ([x, y]: number[]) => y + 0.01 * Math.abs(x - middle);
    const [x, y] = edges.reduce((best, edge) => outside(edge) > outside(best) ? edge : best);
    const label = `${formatNumber(Math.round(max[axis] - min[axis]))} mm`;
    if (axis === 2) canvas.text(label, x - 8, y, ink, { align: "right" });
    else {
      canvas.text(label, x + Math.sign(x - middle) * 10, y + 9, ink, {
        align: Math.abs(x - middle) < 30 ? "centre" : x < middle ? "right" : "left",
      });
    }
  });
}

/** Arrows to the patient's right, front and head in the lower left corner. */
function drawDirections(canvas: Canvas, view: View): void {
  const [x, y, length] = [44, canvas.height - 40, 26];
  const axes = [["R", [1, 0, 0]], ["A", [0, 1, 0]], ["S", [0, 0, 1]]] as const;
  for (const [letter, axis] of axes) {
    const [dx, dy] = view.direction(axis);
    canvas.line([[x, y], [x + dx * length, y + dy * length]], ink, { width: 1.4 });
    const [labelX, labelY] = [x + dx * (length + 9), y + dy * (length + 9) - textHeight(12) / 2];
    canvas.text(letter, labelX, labelY, ink, { align: "centre", bold: true });
  }
}
