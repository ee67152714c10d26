# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the driver of the GPUs tells, without TensorFlow."""

import ctypes

_MAJOR_ATTRIBUTE, _MINOR_ATTRIBUTE = 75, 76  # Of cuDeviceGetAttribute.


def read_capabilities(library='libcuda.so.1'):
    """Return the sorted compute capabilities, such as 86 for 8.6, of all GPUs that the driver shows; none without one.

    No context is made on the GPU, and none of its memory is taken.

    Args:
        library: Name or path of the driver's library.
    """
    driver = _open_driver(library)
    count = ctypes.c_int()
    if driver is None or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    return sorted({_read_capability(driver, index) for index in range(count.value)})


def read_driver_version(library='libcuda.so.1'):
    """Return the release of CUDA that the driver knows, such as '12.2', or None without a driver.

    Args:
        library: Name or path of the driver's library.
    """
    driver = _open_driver(library)
    version = ctypes.c_int()
    if driver is None or driver.cuDriverGetVersion(ctypes.byref(version)) != 0:
        return None
    return f'{version.value // 1000}.{version.value % 1000 // 10}'


def _open_driver(library):
    """Return the driver's library, or None if it is missing or finds no GPU."""
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return None
    return driver if driver.cuInit(0) == 0 else None


def _read_capability(driver, index):
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(device), index)
    driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR_ATTRIBUTE, device)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR_ATTRIBUTE, device)
    return major.value * 10 + minor.value
