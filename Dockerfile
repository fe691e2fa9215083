# Packages without their development part, then a small image that holds nothing else.
FROM node:22.23.3-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22.23.3-slim
# The image is complete: the launcher must neither install nor look for another Node.js.
ENV NODE_ENV=production HUNDRED_INSTALL=never
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json package-lock.json LICENSE ./
COPY scripts ./scripts
COPY engine ./engine
COPY strategies ./strategies
COPY config ./config
# Journals, keys and configuration belong on a volume: mount it here.
RUN mkdir /data && chown node:node /data
VOLUME /data
WORKDIR /data
USER node
# The exec form: signals reach the engine, which pulls its quotes before it ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/scripts/hundred.mjs"]
CMD ["--help"]
