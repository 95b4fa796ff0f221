import { figureText } from "./figure_text.ts";
import type { Figure, Json, PlotlyTrace } from "./figure.ts";
import { imageTrace, pointTrace, shapeTrace } from "./overlay_traces.ts";
import { layersOf, type OverlaidPicture, type PictureLayers } from "./picture_layers.ts";
import { drawPictures, gridColumns, type Pictures } from "./pictures_png.ts";
import { plotlyLayout } from "./plotly_style.ts";
import { shrink } from "./shrink.ts";

/** Pixels of all images together: of a noisy image, each takes up to one character of JSON. */
const PIXEL_LIMIT = 700_000;
/** Width of a figure that its height is made for, in screen pixels. */
const USUAL_WIDTH = 860;
/** Height of a picture's title, in screen pixels. */
const TITLE_HEIGHT = 30;
/** Of the title above and the legend below the grid. */
const [HEADING_HEIGHT, LEGEND_HEIGHT] = [56, 44];

/** Grey pictures in a grid with masks, boxes and points over them; names are shared by the legend. */
export function picturesFigure(options: Pictures): Figure {
  const { title, pictures } = options;
  const columns = gridColumns(options);
  const rows = Math.max(1, Math.ceil(pictures.length / columns));
  const cellHeight = TITLE_HEIGHT + Math.min(
    520,
    0.96 * USUAL_WIDTH / columns * Math.max(0, ...pictures.map(aspectOf)),
  );
  const height = HEADING_HEIGHT + LEGEND_HEIGHT + Math.round(rows * cellHeight);
  const titleShare = TITLE_HEIGHT / cellHeight;
  const layers = smallEnough(pictures.map(layersOf));
  const inLegend = new Set<string>();
  const axes = pictures.map((picture, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return pictureAxes(picture, index, {
      x: [(column + 0.02) / columns, (column + 0.98) / columns],
      y: [1 - (row + 1) / rows, 1 - (row + titleShare) / rows],
    });
  });
  return {
    data: layers.flatMap((one, index) => pictureTraces(one, index, inLegend)),
    layout: plotlyLayout(title, {
      ...Object.assign({}, ...axes),
      annotations: pictures.flatMap((picture, index) => [
        titleAnnotation(picture, index),
        ...scaleAnnotations(layers[index], index),
      ]),
      shapes: layers.flatMap(scaleShapes),
      height,
      showlegend: inLegend.size > 0,
      legend: { orientation: "h", x: 0, y: -0.01, yanchor: "top" },
    }, { l: 10, r: 10, b: inLegend.size > 0 ? LEGEND_HEIGHT : 12 }),
    png: () => Promise.resolve(drawPictures(options)),
    text: figureText(title, pictures.map((picture) => picture.title)),
  };
}

/** The layers with their images shrunk until the figure stays below 1 MB. */
function smallEnough(layers: readonly PictureLayers[]): PictureLayers[] {
  const pixels = layers.flatMap(({ images }) => images)
    .reduce((sum, { width, height }) => sum + width * height, 0);
  const factor = Math.ceil(Math.sqrt(pixels / PIXEL_LIMIT));
  return layers.map((one) => ({
    ...one,
    images: one.images.map((image) => ({ ...image, ...shrink(image, factor) })),
  }));
}

/** Height over width on the screen. */
function aspectOf({ picture: { width, height }, spacingMm = [1, 1] }: OverlaidPicture): number {
  return height * spacingMm[1] / (width * spacingMm[0]);
}

/** The axes that plotly names so for the picture of a place in the list. */
function axisIds(index: number): { xaxis: string; yaxis: string } {
  const suffix = index === 0 ? "" : String(index + 1);
  return { xaxis: `x${suffix}`, yaxis: `y${suffix}` };
}

/** Hidden axes that count pixels, y downwards. */
function pictureAxes(
  { picture: { width, height }, spacingMm = [1, 1] }: OverlaidPicture,
  index: number,
  domain: { readonly x: Json; readonly y: Json },
): Record<string, Json> {
  const { xaxis, yaxis } = axisIds(index);
  return {
    [xaxis.replace("x", "xaxis")]: {
      visible: false,
      domain: domain.x,
      range: [0, width],
      anchor: yaxis,
      constrain: "domain",
    },
    [yaxis.replace("y", "yaxis")]: {
      visible: false,
      domain: domain.y,
      range: [height, 0],
      anchor: xaxis,
      scaleanchor: xaxis,
      scaleratio: spacingMm[1] / spacingMm[0],
      constrain: "domain",
      constraintoward: "top",
    },
  };
}

function pictureTraces(
  { images, shapes, points }: PictureLayers,
  index: number,
  inLegend: Set<string>,
): PlotlyTrace[] {
  const named = (name: string) => {
    const showlegend = name !== "" && !inLegend.has(name);
    if (showlegend) inLegend.add(name);
    return { ...axisIds(index), name, legendgroup: name, showlegend };
  };
  return [
    ...images.map((image) => ({ ...imageTrace(image), ...axisIds(index) })),
    ...shapes.map((shape) => ({ ...shapeTrace(shape), ...named(shape.name) })),
    ...points.map((layer) => ({ ...pointTrace(layer), ...named(layer.name) })),
  ];
}

function titleAnnotation({ title }: OverlaidPicture, index: number): Json {
  const { xaxis, yaxis } = axisIds(index);
  return {
    text: title,
    xref: `${xaxis} domain`,
    yref: `${yaxis} domain`,
    x: 0.5,
    y: 1,
    yanchor: "bottom",
    showarrow: false,
    font: { size: 14 },
  };
}

function scaleAnnotations({ scaleBar }: PictureLayers, index: number): Json[] {
  if (scaleBar === undefined) return [];
  const { xaxis, yaxis } = axisIds(index);
  return [{
    text: scaleBar.label,
    xref: xaxis,
    yref: yaxis,
    x: (scaleBar.from + scaleBar.to) / 2,
    y: scaleBar.y,
    yanchor: "bottom",
    showarrow: false,
    font: { color: "#ffffff", size: 11 },
  }];
}

function scaleShapes({ scaleBar }: PictureLayers, index: number): Json[] {
  if (scaleBar === undefined) return [];
  const { xaxis, yaxis } = axisIds(index);
  return [{
    type: "line",
    xref: xaxis,
    yref: yaxis,
    x0: scaleBar.from,
    x1: scaleBar.to,
    y0: scaleBar.y,
    y1: scaleBar.y,
    line: { color: "#ffffff", width: 3 },
  }];
}
