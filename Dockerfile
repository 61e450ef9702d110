# The application: one image for web, line, scheduler and worker; alone it is the whole of it on its embedded defaults.
FROM debian:12.12-slim

ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
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
    && rm -rf pyproject.toml constraints.txt README.md pipeline watchers classifiers storage search_api opis \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin opis \
    && install -d -o opis -g opis -m 0750 /data
COPY deploy/entry entry

ENV OPIS_HOME=/data PATH=/opt/opis/.venv/bin:$PATH
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["/opt/opis/entry/start.sh"]
CMD ["opis", "run"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["/opt/opis/entry/health.py", "http", "http://127.0.0.1:8000/health/live"]
