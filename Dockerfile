# Debian, not Alpine: the embedded PostgreSQL needs glibc.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json schema.graphql ./
COPY .config .config
COPY prisma prisma
COPY src src
# npm lists nothing while something that package.json names is not installed.
RUN npm ci && npm prune --omit=dev && npm pkg delete devDependencies && npm sbom --sbom-format=cyclonedx > sbom.json
# Half of what is installed is never read: types, source maps, and Prisma's compilers for other databases than ours and
# for speed (prisma/schema.prisma chooses the small one).
RUN find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
  && find node_modules/@prisma/client/runtime -name 'query_compiler_*' \
    ! -name 'query_compiler_small_bg.postgresql.*' -delete

FROM node:24-bookworm-slim
# initdb asks for the name of its user, and a user that is any number, as of OpenShift, has none. Node as process 1 does not wait
# for the processes of a PostgreSQL that was killed: they would stay in the table of processes.
RUN apt-get update && apt-get install -y --no-install-recommends libnss-wrapper tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY prisma prisma
# Such a user is in the group root.
RUN mkdir /data && chown node:root /data && chmod 770 /data
USER node
# Inside a container loopback reaches nobody: publish the ports to the addresses you mean.
ENV NODE_ENV=production LAPWING_HOST=0.0.0.0 LAPWING_DATA_DIR=/data
VOLUME /data
EXPOSE 4000 2003
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (+process.env.LAPWING_PORT || 4000) + '/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/main.js", "serve"]
