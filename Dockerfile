# Docker image of the command `ivaae`:
#   docker build -t ivaae_tf .                            CPU
#   docker build -t ivaae_tf:gpu --build-arg EXTRA=[gpu] .  NVIDIA GPU: run it with --gpus all
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" ivaae_tf train --flagfile=demo --workdir=runs/demo
FROM python:3.13-slim

# The tested versions come first, so that this layer is cached when only the program changes.
COPY requirements.txt requirements.lock /opt/ivaae_tf/
RUN pip install --no-cache-dir --require-hashes -r /opt/ivaae_tf/requirements.lock

ARG EXTRA=""
COPY pyproject.toml README.md LICENSE /opt/ivaae_tf/
COPY flags /opt/ivaae_tf/flags
COPY pipelines /opt/ivaae_tf/pipelines
COPY ivaae_tf /opt/ivaae_tf/ivaae_tf
RUN pip install --no-cache-dir -c /opt/ivaae_tf/requirements.txt "/opt/ivaae_tf${EXTRA}"

# Libraries write caches below HOME, which every user of the container must be able to write.
ENV HOME=/tmp
WORKDIR /work
ENTRYPOINT ["ivaae"]
