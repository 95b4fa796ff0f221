/** Red, green, blue in 0 .. 255. */
export type Colour = readonly [number, number, number];

/** The ground of figures, and text over dark pictures. */
export const white: Colour = [255, 255, 255];
/** Text on white. */
export const ink: Colour = [34, 34, 34];

/**
 * The colours of Okabe and Ito (Color Universal Design, 2008), which readers with any kind of
 * colour vision tell apart, and the roles that some of them have in every figure: ground truth
 * blue and prediction vermillion, after the paper's Fig. 3.
 */
export const palette = {
  groundTruth: [0, 114, 178],
  prediction: [213, 94, 0],
  roi: [240, 228, 66],
  blue: [0, 114, 178],
  vermillion: [213, 94, 0],
  bluishGreen: [0, 158, 115],
  orange: [230, 159, 0],
  reddishPurple: [204, 121, 167],
  skyBlue: [86, 180, 233],
  yellow: [240, 228, 66],
  black: [0, 0, 0],
  grey: [130, 130, 130],
} as const satisfies Record<string, Colour>;

/** A colour by its name or its role. */
export type ColourName = keyof typeof palette;

/** The order in which series without a colour of their own get one, for a white ground. */
export const seriesColours: readonly ColourName[] = [
  "blue",
  "vermillion",
  "bluishGreen",
  "orange",
  "reddishPurple",
  "skyBlue",
  "black",
  "grey",
];

/** The colour of a mask or box without one of its own, by its place in the list. */
export function overlayName(index: number): ColourName {
  return overlayOrder[index % overlayOrder.length];
}

const overlayOrder: readonly ColourName[] = [
  "groundTruth",
  "prediction",
  "roi",
  "bluishGreen",
  "reddishPurple",
  "orange",
  "skyBlue",
];

/** The same colour for lines over a dark picture: the dark ones are lightened. */
export function onDark(name: ColourName): Colour {
  return lightened[name] ?? palette[name];
}

const lightened: Readonly<Partial<Record<ColourName, Colour>>> = {
  groundTruth: [60, 160, 255],
  blue: [60, 160, 255],
  prediction: [255, 110, 30],
  vermillion: [255, 110, 30],
  bluishGreen: [0, 200, 145],
  reddishPurple: [232, 150, 200],
  black: white,
  grey: [190, 190, 190],
};

/** The colour of a series: its own, else the one of its place. */
export function colourOfSeries(index: number, own?: ColourName): Colour {
  return palette[own ?? seriesColours[index % seriesColours.length]];
}

/** The colour of a mask or box over a picture: its own, else the one of its place. */
export function colourOfOverlay(index: number, own?: ColourName): Colour {
  return onDark(own ?? overlayName(index));
}

/** A colour as CSS writes it. */
export function css([red, green, blue]: Colour, opacity = 1): string {
  return opacity === 1
    ? `rgb(${red},${green},${blue})`
    : `rgba(${red},${green},${blue},${opacity})`;
}
