"""What nibabel and SciPy need for the work that lib/volume and lib/evaluation do to a scan."""

import nibabel as nib
import numpy as np
from scipy import ndimage


def read_image(path):
    """The voxels in RAS order as float32."""
    return nib.as_closest_canonical(nib.load(path)).get_fdata(dtype=np.float32)


def read_labels(path):
    """The labels in RAS order as they are stored."""
    return np.asanyarray(nib.as_closest_canonical(nib.load(path)).dataobj)


def resize(values, edge, order):
    """The whole volume on a cube, half-voxel centred: linear (order 1) or nearest (order 0)."""
    step = np.array(values.shape) / edge
    return ndimage.affine_transform(
        values,
        step,
        offset=0.5 * step - 0.5,
        output_shape=(edge, edge, edge),
        order=order,
        mode="nearest",
    )


def prepare(image_path, label_path, low, high, edge):
    """Image in 0 .. 1 and labels on a cube."""
    image = read_image(image_path)
    image -= np.float32(low)
    image *= np.float32(1 / (high - low))
    np.clip(image, 0, 1, out=image)
    return resize(image, edge, 1), resize(read_labels(label_path), edge, 0)


def hausdorff95(a, b, spacing):
    """HD95 of two masks by eroded surfaces and distance transforms, as MONAI computes it."""
    box = ndimage.find_objects((a | b).astype(np.uint8))[0]
    a, b = a[box], b[box]
    surface_a = ndimage.binary_erosion(a) ^ a
    surface_b = ndimage.binary_erosion(b) ^ b
    to_b = ndimage.distance_transform_edt(~surface_b, sampling=spacing)[surface_a]
    to_a = ndimage.distance_transform_edt(~surface_a, sampling=spacing)[surface_b]
    return max(np.percentile(to_b, 95), np.percentile(to_a, 95))
