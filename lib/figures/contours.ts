/** A closed line: points (x, y) in pixels, where pixel (i, j) covers [i, i + 1) x [j, j + 1). */
export type Contour = readonly (readonly [number, number])[];

/**
 * The borders of a mask's regions, as closed lines through the middles of the pixels' edges
 * between inside and outside: marching squares at the level 1/2. The inside is on the right hand
 * of the direction of travel as seen on the screen (y downwards), so that a hole runs the other
 * way round than what surrounds it. Pixels that only share a corner belong to different regions.
 *
 * @param mask rows from the top, not 0 inside
 */
export function contoursOf(mask: Uint8Array, width: number, height: number): Contour[] {
  const edges = borderEdges(mask, width, height);
  const contours: Contour[] = [];
  for (const [start, steps] of edges) {
    while (steps.length > 0) {
      contours.push(withoutMiddles(midpoints(loopFrom(start, edges, width))));
    }
  }
  return contours;
}

/** Right, down, left, up: a right turn is the next one. */
const directions = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;

/** For each corner of pixels, the directions of the border's edges that leave it. */
function borderEdges(mask: Uint8Array, width: number, height: number): Map<number, number[]> {
  const edges = new Map<number, number[]>();
  const add = (x: number, y: number, direction: number) => {
    const corner = x + (width + 1) * y;
    const list = edges.get(corner);
    if (list) list.push(direction);
    else edges.set(corner, [direction]);
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = x + width * y;
      if (mask[at] === 0) continue;
      if (y === 0 || mask[at - width] === 0) add(x, y, 0);
      if (x === width - 1 || mask[at + 1] === 0) add(x + 1, y, 1);
      if (y === height - 1 || mask[at + width] === 0) add(x + 1, y + 1, 2);
      if (x === 0 || mask[at - 1] === 0) add(x, y + 1, 3);
    }
  }
  return edges;
}

/** Follows the border from a corner back to it, turning right where it can, and takes its edges. */
function loopFrom(
  start: number,
  edges: Map<number, number[]>,
  width: number,
): [number, number][] {
  const corners: [number, number][] = [];
  let corner = start;
  let direction = edges.get(start)![0];
  do {
    const leaving = edges.get(corner)!;
    const right = (direction + 1) % 4;
    direction = leaving.includes(right) ? right : leaving[0];
    leaving.splice(leaving.indexOf(direction), 1);
    const [x, y] = [corner % (width + 1), Math.floor(corner / (width + 1))];
    corners.push([x, y]);
    corner = x + directions[direction][0] + (width + 1) * (y + directions[direction][1]);
  } while (corner !== start);
  return corners;
}

function midpoints(corners: readonly [number, number][]): [number, number][] {
  return corners.map(([x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length];
    return [(x + nextX) / 2, (y + nextY) / 2];
  });
}

/** Leaves out the points in the middle of a straight line. */
function withoutMiddles(points: readonly [number, number][]): Contour {
  return points.filter(([x, y], index) => {
    const [beforeX, beforeY] = points[(index + points.length - 1) % points.length];
    const [afterX, afterY] = points[(index + 1) % points.length];
    return (x - beforeX) * (afterY - y) !== (y - beforeY) * (afterX - x);
  });
}
