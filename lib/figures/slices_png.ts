import type { ColourName } from "./palette.ts";
import { drawPictures } from "./pictures_png.ts";
import type { SlicePicture } from "./slice_pictures.ts";
import { ringsOf } from "./slice_steps.ts";

/** Pictures a row, and in all. */
const [COLUMNS, COUNT] = [3, 6];

/** Name and colour of a mask or a box. */
interface Look {
  readonly name: string;
  readonly colour: ColourName;
}

/**
 * Some slices side by side as a PNG, evenly spread over those that meet a mask or a box, else over
 * all; the looks are those of the pictures' masks and boxes, in their order.
 */
export function drawSlices(
  title: string,
  axis: string,
  pictures: readonly SlicePicture[],
  maskLooks: readonly Look[],
  boxLooks: readonly Look[],
  pixelMm: number,
): Uint8Array {
  const meeting = pictures.filter((picture) => ringsOf(picture).some((rings) => rings.length > 0));
  const all = meeting.length > 0 ? meeting : pictures;
  const count = Math.min(COUNT, all.length);
  const chosen = Array.from(
    { length: count },
    (_, i) => all[Math.floor((i + 0.5) * all.length / count)],
  );
  return drawPictures({
    title,
    columns: Math.min(COLUMNS, count),
    pictures: chosen.map(({ index, width, height, grey, masks, boxes }) => ({
      title: `${axis} = ${index}`,
      picture: { width, height, data: grey },
      spacingMm: [pixelMm, pixelMm],
      mask: maskLooks.map((look, i) => ({ ...look, data: masks[i] })),
      boxes: boxLooks.flatMap((look, i) => {
        const box = boxes[i];
        return box === null ? [] : [{ ...look, box }];
      }),
    })),
  });
}
