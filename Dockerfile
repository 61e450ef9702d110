# The application on its embedded defaults: one container, its data in /data.
FROM debian:12-slim

ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        python3 python3-venv tesseract-ocr tesseract-ocr-ron tesseract-ocr-osd \
        poppler-utils libzbar0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/opis
COPY pyproject.toml constraints.txt README.md ./
COPY pipeline pipeline
COPY watchers watchers
COPY classifiers classifiers
COPY storage storage
COPY search_api search_api
COPY opis opis
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && useradd --system --uid 999 --home-dir /data opis \
    && mkdir /data \
    && chown opis:opis /data

USER opis
ENV OPIS_HOME=/data PATH=/opt/opis/.venv/bin:$PATH
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["opis", "run"]
