FROM python:3.11-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /build
RUN python -m venv --without-pip /opt/oms
COPY pyproject.toml requirements.lock ./
# What runs in production, and nothing of the optional groups; the lock says which version and which hash.
RUN uv pip install --no-cache --compile-bytecode --verify-hashes --python /opt/oms/bin/python --requirements pyproject.toml --constraints requirements.lock
COPY README.md ./
COPY app app
COPY dataloaders dataloaders
COPY resolvers resolvers
COPY workers workers
RUN uv pip install --no-cache --compile-bytecode --no-deps --python /opt/oms/bin/python .

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin oms
COPY --from=build /opt/oms /opt/oms
ENV PATH=/opt/oms/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMS_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /tmp
USER 10001
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["oms"]
CMD ["api"]
