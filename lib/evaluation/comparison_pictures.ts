import type { PixelBox } from "../figures/picture2.ts";
import type { OverlaidPicture } from "../figures/picture_layers.ts";
import { planes } from "../figures/slice_panel.ts";
import {
  pixelEdgeMm,
  type SlicePicture,
  slicePicture,
  throughAxis,
} from "../figures/slice_pictures.ts";
import type { ComparedCase } from "./compared_case.ts";
import { densestWindow, sliceOfDisagreement } from "./disagreement.ts";

/** Pixels of a picture's longer edge, unless the scan has fewer voxels. */
const pictureEdge = 200;

/** Edge of the magnified part as a share of the picture's shorter edge. */
const zoomShare = 0.25;

/**
 * A case as the paper's Fig. 3b shows it: the axial, coronal and sagittal slice in which ground
 * truth and prediction differ most, with both masks over it and the part where they differ most
 * magnified. Pictures have square pixels and lie as radiologists look at them.
 */
export function comparisonPictures(compared: ComparedCase): OverlaidPicture[] {
  const { id, image, groundTruth, prediction } = compared;
  return planes.map((plane) => {
    const source = { image, masks: [groundTruth, prediction], boxesVoxels: [], plane };
    const pixelMm = pixelEdgeMm(source, pictureEdge);
    const worst = sliceOfDisagreement(groundTruth, prediction, throughAxis[plane]);
    const picture = slicePicture(source, worst, pixelMm);
    const { width, height, grey, masks: [truth, found] } = picture;
    return {
      title: `${id}, ${plane} slice ${worst}`,
      picture: { width, height, data: grey },
      mask: [
        { name: "ground truth", data: truth, colour: "groundTruth" },
        { name: "prediction", data: found, colour: "prediction" },
      ],
      spacingMm: [pixelMm, pixelMm],
      zoom: zoomWindow(picture),
    };
  });
}

/** A square where the two masks differ most; where the first is, if they do not differ. */
function zoomWindow({ width, height, masks: [first, second] }: SlicePicture): PixelBox {
  const different = first.map((bit, i) => bit ^ second[i]);
  const values = different.includes(1) ? different : first;
  const edge = Math.min(
    width,
    height,
    Math.max(8, Math.round(zoomShare * Math.min(width, height))),
  );
  const [x, y] = densestWindow(values, [width, height], [edge, edge]);
  return [x, y, x + edge, y + edge];
}
