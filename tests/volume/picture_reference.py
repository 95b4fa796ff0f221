"""Values computed by OpenCV and SciPy, against which the tests of lib/volume's filters compare.

Writes picture_reference.json beside this file. To run it again (it needs the network once):

    python3 -m venv reference-env
    reference-env/bin/pip install opencv-python-headless==5.0.0.93 scipy==1.17.1 numpy
    reference-env/bin/python tests/volume/picture_reference.py

Pictures here are indexed [row, column] and written row by row, as in lib/volume.
"""

import json
import pathlib

import cv2
import numpy as np
from scipy import ndimage

cv2.setNumThreads(1)


def greys(rows, columns):
    """The test picture: a blob on a ramp with a pattern of prime steps; 0 .. 255."""
    y, x = np.mgrid[:rows, :columns]
    noise = ((y * columns + x) * 7919 + 13) % 37
    blob = 120 * (((x - 0.3 * columns) / (0.2 * columns + 1)) ** 2 + ((y - 0.6 * rows) / (0.3 * rows + 1)) ** 2 < 1)
    return (20 + 60 * x // columns + noise + blob).astype(np.uint8)


def text(values):
    return " ".join(repr(value) for value in np.asarray(values).ravel().tolist())


# ---- CLAHE: levels of 8 bits by OpenCV -----------------------------------------------------------


def clahe_cases():
    cases = []
    for rows, columns, tiles, limit in [
        (32, 24, 8, 2.0),  # divided evenly
        (37, 53, 8, 2.0),  # divided in neither direction
        (40, 30, 8, 2.0),  # rows divided, columns not
        (29, 32, 8, 4.0),  # columns divided, rows not
        (48, 36, 3, 40.0),  # limit that few levels reach
        (5, 7, 8, 2.0),  # smaller than the tiles
        (40, 33, 2, 2.0),  # more pixels than levels in a tile
    ]:
        picture = greys(rows, columns)
        result = cv2.createCLAHE(clipLimit=limit, tileGridSize=(tiles, tiles)).apply(picture)
        cases.append(dict(rows=rows, columns=columns, tiles=tiles, clipLimit=limit, greys=text(picture), levels=text(result)))
    return cases


# ---- kernels: OpenCV, and SciPy beside it --------------------------------------------------------


def by_opencv(picture):
    dx = cv2.Sobel(picture, cv2.CV_64F, 1, 0, ksize=3)
    dy = cv2.Sobel(picture, cv2.CV_64F, 0, 1, ksize=3)
    return dict(
        gaussian=cv2.GaussianBlur(picture, (5, 5), 0),
        laplacian=np.abs(cv2.Laplacian(picture, cv2.CV_64F, ksize=3)),
        sobel=np.sqrt(dx**2 + dy**2),
    )


def by_scipy(picture):
    binomial = np.array([1, 4, 6, 4, 1]) / 16
    blurred = ndimage.correlate1d(ndimage.correlate1d(picture, binomial, 0, mode="mirror"), binomial, 1, mode="mirror")
    # The second derivative of each direction, smoothed across it with Sobel's weights.
    second, smooth = [1, -2, 1], [1, 2, 1]
    bends = [
        ndimage.correlate1d(ndimage.correlate1d(picture, second, axis, mode="mirror"), smooth, 1 - axis, mode="mirror")
        for axis in (0, 1)
    ]
    rises = [ndimage.sobel(picture, axis, mode="mirror") for axis in (0, 1)]
    return dict(gaussian=blurred, laplacian=np.abs(sum(bends)), sobel=np.hypot(*rises))


def kernel_cases():
    cases = []
    for rows, columns in [(9, 14), (13, 6), (2, 5), (3, 2)]:
        picture = greys(rows, columns) / 255
        ours, theirs = by_opencv(picture), by_scipy(picture)
        case = dict(rows=rows, columns=columns, greys=text(greys(rows, columns)))
        for name, values in ours.items():
            assert np.allclose(values, theirs[name], atol=1e-12), name
            scaled = values if name == "gaussian" else values / values.max()
            case[name] = text(np.float32(scaled))
        cases.append(case)
    return cases


reference = dict(
    versions=dict(opencv=cv2.__version__, numpy=np.__version__, scipy=__import__("scipy").__version__),
    clahe=clahe_cases(),
    kernels=kernel_cases(),
)
target = pathlib.Path(__file__).with_name("picture_reference.json")
target.write_text(json.dumps(reference, indent=2) + "\n")
