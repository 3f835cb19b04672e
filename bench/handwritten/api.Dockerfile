# What an expert writes by hand for services/api: the same stages, by the same pattern.
FROM node-build AS deps
USER 1000:1000
WORKDIR /app
COPY --link --chown=1000:1000 package.json package-lock.json ./
RUN --mount=type=cache,id=hand-npm,target=/var/cache/npm,uid=1000,gid=1000 \
    --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=NODE_EXTRA_CA_CERTS,env=NODE_EXTRA_CA_CERTS \
    ["npm", "ci", "--cache=/var/cache/npm", "--no-audit", "--no-fund"]

FROM deps AS build
COPY --link --chown=1000:1000 tsconfig.json tsconfig.build.json ./
COPY --link --chown=1000:1000 src ./src
RUN ["npm", "run", "--silent", "build"]

FROM node-build AS prod-deps
USER 1000:1000
WORKDIR /app
COPY --link --chown=1000:1000 package.json package-lock.json ./
RUN --mount=type=cache,id=hand-npm,target=/var/cache/npm,uid=1000,gid=1000 \
    --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=NODE_EXTRA_CA_CERTS,env=NODE_EXTRA_CA_CERTS \
    ["npm", "ci", "--omit=dev", "--cache=/var/cache/npm", "--no-audit", "--no-fund"]

FROM node-runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --link --from=prod-deps /app/node_modules ./node_modules
COPY --link --from=build /app/dist ./dist
COPY --link package.json ./
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "dist/index.js"]
