"""Values computed by nibabel and SciPy, against which the tests of lib/volume compare.

Writes reference.json beside this file. To run it again (it needs the network once):

    python3 -m venv reference-env
    reference-env/bin/pip install nibabel==5.4.2 scipy==1.17.1 numpy
    reference-env/bin/python tests/volume/reference.py

Arrays here are indexed [x, y, z] and written x fastest (Fortran order), as in lib/volume.
"""

import base64
import gzip
import io
import itertools
import json
import pathlib

import nibabel as nib
import numpy as np
from nibabel.orientations import io_orientation
from scipy import ndimage


def pattern(shape):
    """The test image: (index * 7919 + 13) mod 257 at each index, x fastest."""
    index = np.arange(np.prod(shape))
    return ((index * 7919 + 13) % 257).astype(float).reshape(shape, order="F")


def flat(array):
    return [float(value) for value in np.asarray(array).ravel(order="F")]


def rounded(array):
    return [float(np.float32(value)) for value in np.asarray(array).ravel(order="F")]


# ---- affines -------------------------------------------------------------------------------------

SHEARED = [[-2.0, 0.3, 0.1, 31.0], [0.2, 1.5, -0.4, -12.5], [0.1, 0.25, 4.0, 7.75]]
HALF = 0.5**0.5

GEOMETRIES = {
    "pixdim only": dict(pixdim=[1, 0.7, 0.9, 5]),
    "pixdim only, two axes": dict(dim=[2, 6, 4, 1], pixdim=[1, 0.7, 0.9, 0]),
    "qform, identity quaternion": dict(qform_code=1, pixdim=[1, 0.7, 0.9, 5], qoffset=[10, -20, 30.5]),
    "qform, left-handed": dict(
        qform_code=1, pixdim=[-1, 0.7, 0.9, 5], quatern=[0, 1, 0], qoffset=[10, -20, 30.5]
    ),
    "qform, oblique": dict(
        qform_code=2, pixdim=[1, 0.7, 0.9, 5], quatern=[0.1, -0.25, 0.6], qoffset=[1, 2, 3]
    ),
    "qform, quaternion norm slightly above 1": dict(
        qform_code=1, pixdim=[1, 2, 3, 4], quatern=[0.0, HALF + 1e-8, HALF + 1.5e-8], qoffset=[1, 2, 3]
    ),
    "qform, qfac 0": dict(qform_code=1, pixdim=[0, 2, 3, 4], quatern=[0, 0, 1], qoffset=[1, 2, 3]),
    "qform, qfac 0.5": dict(qform_code=1, pixdim=[0.5, 2, 3, 4], quatern=[0, 0, 1], qoffset=[1, 2, 3]),
    "sform, sheared": dict(sform_code=1, pixdim=[1, 2, 3, 4], srow=SHEARED),
    "sform against qform": dict(
        sform_code=1, qform_code=2, pixdim=[1, 2, 3, 4], quatern=[0, 0, 1], srow=SHEARED
    ),
    "sform without a code, qform": dict(
        qform_code=1, pixdim=[1, 2, 3, 4], quatern=[0, 0, 1], srow=SHEARED
    ),
    "sform with an unknown code": dict(
        sform_code=9, qform_code=1, pixdim=[1, 2, 3, 4], quatern=[0, 0, 1], srow=SHEARED
    ),
    "negative codes": dict(sform_code=-1, qform_code=-1, pixdim=[1, 2, 3, 4], srow=SHEARED),
    "sform, pixdim 0": dict(sform_code=1, pixdim=[1, 0, 0, 0], srow=SHEARED),
}


def header_of(fields, version):
    header = nib.Nifti1Header() if version == 1 else nib.Nifti2Header()
    shape = fields.get("dim", [3, 5, 4, 3])
    header["dim"] = shape + [1] * (8 - len(shape))
    header["datatype"], header["bitpix"] = 4, 16
    header["pixdim"] = fields["pixdim"] + [1] * 4
    header["qform_code"] = fields.get("qform_code", 0)
    header["sform_code"] = fields.get("sform_code", 0)
    for name, value in zip("bcd", fields.get("quatern", [0, 0, 0])):
        header[f"quatern_{name}"] = value
    for name, value in zip("xyz", fields.get("qoffset", [0, 0, 0])):
        header[f"qoffset_{name}"] = value
    for name, value in zip("xyz", fields.get("srow", np.zeros((3, 4)))):
        header[f"srow_{name}"] = value
    header["magic"] = header.single_magic
    header["vox_offset"] = header.single_vox_offset
    return header


def affine_cases():
    cases = []
    for (name, fields), version in itertools.product(GEOMETRIES.items(), (1, 2)):
        # A norm above 1 by a rounding error of 32 bits is an error in the 64 bits of NIfTI-2.
        if version == 2 and "norm slightly" in name:
            continue
        block = header_of(fields, version).binaryblock
        loaded = (nib.Nifti1Header if version == 1 else nib.Nifti2Header).from_fileobj(io.BytesIO(block))
        affine = loaded.get_best_affine()
        cases.append(
            dict(
                name=f"NIfTI-{version}: {name}",
                header=base64.b64encode(block).decode(),
                affine=[float(value) for value in affine.ravel()],
            )
        )
    return cases


# ---- whole files ---------------------------------------------------------------------------------


def file_cases():
    cases = []
    affine = np.array([[-1.5, 0, 0, 9], [0, 2, 0, -8], [0, 0, 2.5, 7], [0, 0, 0, 1]])
    for version, order, dtype in itertools.product((1, 2), "<>", ("i2", "f4", "u8")):
        header = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)(endianness=order)
        data = (pattern((3, 2, 2)) - (0 if dtype == "u8" else 100)).astype(order + dtype)
        header.set_data_dtype(data.dtype)
        image = (nib.Nifti1Image if version == 1 else nib.Nifti2Image)(data, affine, header)
        if dtype == "i2":
            image.header.set_slope_inter(0.25, -3)
        stream = io.BytesIO()
        image.to_file_map({"header": nib.FileHolder(fileobj=stream), "image": nib.FileHolder(fileobj=stream)})
        stored = stream.getvalue()
        loaded = type(image).from_bytes(stored)
        cases.append(
            dict(
                name=f"NIfTI-{version} {order}{dtype}",
                gzipped=base64.b64encode(gzip.compress(stored, mtime=0)).decode(),
                affine=flat(loaded.affine.T),
                data=rounded(loaded.get_fdata()),
            )
        )
    return cases


# ---- orientation ---------------------------------------------------------------------------------


def rotation(degrees):
    a, b, c = np.radians(degrees)
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rx @ ry @ rz


def orientation_cases():
    shape, zooms = (4, 3, 2), [0.7, 1.3, 5]
    linears = []
    for axes in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            linear = np.zeros((3, 3))
            for column, (row, sign) in enumerate(zip(axes, signs)):
                linear[row, column] = sign * zooms[column]
            linears.append(linear)
    for degrees in ([10, 20, -30], [44, 46, 10], [50, 50, 50], [100, -20, 170], [45, 0, 0], [0, 60, 60]):
        linears.append(rotation(degrees) @ np.diag(zooms))
    linears.append(np.array(SHEARED)[:, :3])
    linears.append(np.array([[1, 0.9, 0], [0.2, 1, 0.8], [-0.7, 0.1, 1]]) @ np.diag(zooms))
    cases = []
    for linear in linears:
        affine = np.eye(4)
        affine[:3, :3] = linear
        affine[:3, 3] = [11, -7, 3.5]
        canonical = nib.as_closest_canonical(nib.Nifti1Image(pattern(shape), affine))
        orientation = io_orientation(affine)
        cases.append(
            dict(
                affine=[float(value) for value in affine.ravel()],
                axes=[int(value) for value in orientation[:, 0]],
                flips=[bool(value < 0) for value in orientation[:, 1]],
                shape=list(canonical.shape),
                canonicalAffine=[float(value) for value in canonical.affine.ravel()],
                data=flat(canonical.get_fdata()),
            )
        )
    return cases


# ---- resampling ----------------------------------------------------------------------------------


def cell_centres(low, high, count):
    """Voxel indices of the centres of `count` cells of [low, high): voxel i covers [i, i + 1)."""
    return low + (np.arange(count) + 0.5) * (high - low) / count - 0.5


def trilinear(data, box, shape):
    grid = np.meshgrid(*[cell_centres(*edge, n) for edge, n in zip(box, shape)], indexing="ij")
    return ndimage.map_coordinates(data, grid, order=1, mode="nearest", prefilter=False)


def area(data, box, shape):
    """The triangle kernel widened to the cell, on data padded with its border, by dense matrices."""
    for axis, ((low, high), count) in enumerate(zip(box, shape)):
        size, step = data.shape[axis], (high - low) / count
        radius = max(1, step)
        pad = int(np.ceil(radius)) + size
        padded = np.pad(data, [(pad, pad) if a == axis else (0, 0) for a in range(3)], mode="edge")
        index = np.arange(-pad, size + pad)
        distance = np.abs(index[None, :] - cell_centres(low, high, count)[:, None]) / radius
        weights = np.clip(1 - distance, 0, None)
        weights /= weights.sum(axis=1, keepdims=True)
        data = np.moveaxis(np.tensordot(weights, padded, axes=(1, axis)), 0, axis)
    return data


def resampling_cases():
    cases = []
    for name, source, box, shape in [
        ("whole, larger", (5, 4, 3), [(0, 5), (0, 4), (0, 3)], (8, 6, 7)),
        ("whole, smaller", (9, 8, 7), [(0, 9), (0, 8), (0, 7)], (4, 3, 2)),
        ("part, larger", (7, 6, 5), [(1.25, 4.5), (2, 5.75), (0.4, 3.1)], (5, 6, 4)),
        ("part, smaller", (16, 13, 11), [(1.5, 14.25), (0.3, 12.9), (2, 10)], (3, 4, 2)),
        ("mixed", (16, 3, 6), [(2.5, 15.5), (0.25, 2.75), (0, 6)], (3, 5, 6)),
        ("beyond the border", (5, 4, 3), [(-2.5, 3), (1, 7.25), (-1, 4)], (4, 5, 3)),
    ]:
        data = pattern(source)
        cases.append(
            dict(
                name=name,
                source=source,
                min=[edge[0] for edge in box],
                max=[edge[1] for edge in box],
                shape=shape,
                linear=rounded(trilinear(data, box, shape)),
                area=rounded(area(data, box, shape)),
            )
        )
    return cases


def spreading_cases():
    cases = []
    for name, shape, box, target in [
        ("inside", (4, 3, 2), [(1.25, 8.5), (2, 7.75), (0.6, 3.4)], (10, 9, 6)),
        ("at the border", (3, 4, 5), [(0, 4.2), (3.3, 6), (0, 3)], (7, 6, 3)),
        ("across the border", (3, 2, 4), [(-1.5, 3.6), (2.2, 9), (-1, 7)], (6, 5, 4)),
    ]:
        values, origin, positions = pattern(shape), [], []
        for (low, high), count, size in zip(box, shape, target):
            centres = [j for j in range(size) if low <= j + 0.5 < high]
            origin.append(centres[0])
            positions.append((np.array(centres) + 0.5 - low) * count / (high - low) - 0.5)
        grid = np.meshgrid(*positions, indexing="ij")
        spread = ndimage.map_coordinates(values, grid, order=1, mode="nearest", prefilter=False)
        cases.append(
            dict(
                name=name,
                shape=shape,
                min=[edge[0] for edge in box],
                max=[edge[1] for edge in box],
                target=target,
                origin=origin,
                blockShape=spread.shape,
                data=rounded(spread),
            )
        )
    return cases


# ---- intensity and components --------------------------------------------------------------------


def percentile_cases():
    data = (pattern((11, 7, 5)) - 128) * np.float32(1.7)
    pairs = [(0.5, 99.5), (0, 100), (10, 50), (33.3, 66.6), (99, 99.9)]
    return [
        dict(percents=[low, high], values=[float(v) for v in np.percentile(data.astype(np.float32).astype(float), [low, high])])
        for low, high in pairs
    ]


def component_cases():
    cases = []
    for threshold in (70, 100, 170):
        mask = pattern((13, 9, 7)) < threshold
        case = dict(threshold=threshold)
        for name, connectivity in (("faces", 1), ("corners", 3)):
            structure = ndimage.generate_binary_structure(3, connectivity)
            numbers, _ = ndimage.label(mask, structure)
            sizes = np.bincount(numbers.ravel())[1:]
            largest = numbers.ravel(order="F") == 1 + int(sizes.argmax())
            case[name] = dict(
                sizes=sorted((int(size) for size in sizes), reverse=True),
                isTie=int((sizes == sizes.max()).sum()) > 1,
                largest=[int(i) for i in np.flatnonzero(largest)],
            )
        cases.append(case)
    return cases


reference = dict(
    versions=dict(nibabel=nib.__version__, numpy=np.__version__, scipy=__import__("scipy").__version__),
    affines=affine_cases(),
    files=file_cases(),
    orientations=orientation_cases(),
    resampling=resampling_cases(),
    spreading=spreading_cases(),
    percentiles=percentile_cases(),
    components=component_cases(),
)


def as_text(value):
    """Lists of numbers become one string each, which keeps the file short and stable in format."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, (int, float)) for item in value):
            return " ".join(repr(item + 0) for item in value)
        return [as_text(item) for item in value]
    return value


target = pathlib.Path(__file__).with_name("reference.json")
target.write_text(json.dumps(as_text(reference), indent=2) + "\n")
