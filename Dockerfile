# The program alone, static, as a user without rights. Both images can be exchanged:
#   docker build --build-arg GO_IMAGE=… --build-arg RUNTIME_IMAGE=… --build-arg VERSION=1.2.3 -t fasttrack .
ARG GO_IMAGE=golang:1.26
ARG RUNTIME_IMAGE=scratch

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# What takes longest to compile and hardly ever changes, in a layer of its own.
RUN CGO_ENABLED=0 go build -trimpath modernc.org/sqlite gorm.io/driver/postgres gorm.io/driver/sqlite \
        github.com/riverqueue/river github.com/riverqueue/river/riverdriver/riverpgxv5 \
        github.com/danielgtaylor/huma/v2 github.com/prometheus/client_golang/prometheus/promhttp \
        go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp github.com/redis/go-redis/v9
# What starts the program anew under docker-compose.dev.yml. It is in this stage alone.
COPY .ci/tools/ .ci/tools/
RUN CGO_ENABLED=0 GOBIN=/usr/local/bin go install -modfile=.ci/tools/go.mod github.com/cespare/reflex
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X fasttrack/bootstrap.version=${VERSION}" \
        -o /out/usr/local/bin/fasttrack ./bootstrap/cmd/fasttrack \
    && mkdir -p /out/etc/ssl/certs /out/data /out/tmp && chmod 1777 /out/tmp \
    && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ \
    && chown -R 65532:65532 /out/data

FROM ${RUNTIME_IMAGE}
COPY --from=build /out/ /
USER 65532:65532
# Relative paths of the settings, such as sqlite://data/fasttrack.db, are in the volume. Nothing else is written, so
# the root file system may be read-only.
WORKDIR /
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=3 CMD ["/usr/local/bin/fasttrack", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/fasttrack"]
CMD ["serve"]
