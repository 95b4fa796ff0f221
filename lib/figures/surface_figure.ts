import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { maskSurface, type SpacedMask } from "./mask_surface.ts";
import { formatNumber } from "./numbers.ts";
import { type ColourName, css, ink, palette } from "./palette.ts";
import { plotlyLayout } from "./plotly_style.ts";
import type { Mesh } from "./surface_nets.ts";
import { drawSurfaces } from "./surface_png.ts";

/** The surface of a mask on the RAS grid. */
export interface Surface extends SpacedMask {
  /** For the legend. */
  readonly name: string;
  readonly colour: ColourName;
  /** 0 .. 1 */
  readonly opacity: number;
}

/** What {@linkcode surfaceFigure} draws. */
export interface Surfaces {
  readonly title: string;
  readonly surfaces: readonly Surface[];
}

/** From where the surfaces are seen, in plotly's unit: in front of the patient, a little above. */
const eye = [-0.85, 1.95, 0.75] as const;

/** Vertices of a figure: about 50 bytes of JSON each. */
const VERTEX_LIMIT = 14_000;

/**
 * The surfaces of masks in space, to be turned with the pointer; seen from the front, so that the
 * patient's right is on the viewer's left. Large masks are drawn coarser, so that the figure stays
 * below 1 MB.
 */
export function surfaceFigure({ title, surfaces }: Surfaces): Figure {
  const limit = Math.floor(VERTEX_LIMIT / Math.max(1, surfaces.length));
  const meshes = surfaces.map((surface) => maskSurface(surface, limit));
  return {
    data: surfaces.map((surface, index) => meshTrace(surface, meshes[index])),
    layout: plotlyLayout(title, {
      height: 560,
      showlegend: true,
      legend: { itemsizing: "constant", x: 1, xanchor: "right", y: 1 },
      scene: {
        aspectmode: "data",
        camera: { eye: { x: eye[0], y: eye[1], z: eye[2] } },
        xaxis: sceneAxis("to the right (mm)"),
        yaxis: sceneAxis("to the front (mm)"),
        zaxis: sceneAxis("to the head (mm)"),
      },
    }, { l: 10, r: 10, b: 10 }),
    png: () => {
      const named = surfaces.map(({ name, colour, opacity }, index) => ({
        name,
        colour: palette[colour],
        opacity,
        mesh: meshes[index],
      }));
      return Promise.resolve(drawSurfaces(title, named, eye));
    },
    text: figureText(title, surfaces.map(surfaceText)),
  };
}

function meshTrace({ name, colour, opacity }: Surface, mesh: Mesh): PlotlyTrace {
  const [x, y, z] = columns(mesh.positions, (place) => Math.round(10 * place) / 10);
  const [i, j, k] = columns(mesh.triangles, (vertex) => vertex);
  return {
    type: "mesh3d",
    name,
    showlegend: true,
    x,
    y,
    z,
    i,
    j,
    k,
    color: css(palette[colour]),
    opacity,
    flatshading: false,
    lighting: { ambient: 0.45, diffuse: 0.75, specular: 0.15, roughness: 0.6, fresnel: 0.1 },
    lightposition: { x: -1000, y: 3000, z: 2000 },
    hoverinfo: "name",
  };
}

/** Every third value from the first, the second and the third on. */
function columns(
  values: ArrayLike<number>,
  change: (value: number) => number,
): [number[], number[], number[]] {
  const column = (first: number) =>
    Array.from({ length: values.length / 3 }, (_, row) => change(values[3 * row + first]));
  return [column(0), column(1), column(2)];
}

function sceneAxis(title: string) {
  return {
    title: { text: title },
    color: css(ink),
    backgroundcolor: "#f7f7f7",
    gridcolor: "#dddddd",
    showbackground: true,
  };
}

function surfaceText({ name, mask, spacingMm }: Surface): string {
  let voxels = 0;
  for (const value of mask) if (value !== 0) voxels++;
  const volumeMl = voxels * spacingMm[0] * spacingMm[1] * spacingMm[2] / 1000;
  return `${name}: ${formatNumber(volumeMl)} ml`;
}
