# Two stages: everything is built with the development tools, and only what runs is kept.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY src ./src
COPY migrations ./migrations
# Builds through "prepare"; where there is no compiler, ssh2 goes on without its native binding.
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    DOCKETDROP_HOME=/data \
    DOCKETDROP_KEYS=/keys \
    DOCKETDROP_LOG_FORMAT=json \
    DOCKETDROP_HTTP_HOST=0.0.0.0
RUN groupadd --gid 10001 docketdrop \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin docketdrop \
 && install -d -m 0700 -o 10001 -g 10001 /data /keys
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/migrations ./migrations
COPY package.json README.md LICENSE ./
USER 10001:10001
VOLUME ["/data", "/keys"]
EXPOSE 2022 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
