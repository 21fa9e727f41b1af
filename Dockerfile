# The gateway and nothing else: no shell, no package manager, no root.
#
#   docker build -t postern .
#   docker run -v "$PWD/postern.yaml:/etc/postern/postern.yaml:ro" -v postern-media:/var/lib/postern postern
#
# In a container nobody reaches loopback: http.listen must be 0.0.0.0:8080,
# and so http.tokens must be set. Files are kept over a new container if
# media.dir is /var/lib/postern/media. Tools need what they are written in; a
# gateway with tools is built FROM an image that has it.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/postern ./cmd/postern \
 && mkdir -p /out/state /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/postern /postern
COPY --from=build --chown=65532:65532 /out/state /var/lib/postern
COPY --from=build --chown=65532:65532 --chmod=1777 /out/tmp /tmp
USER 65532:65532
WORKDIR /var/lib/postern
VOLUME /var/lib/postern
EXPOSE 8080
# SIGTERM drains; give it longer than delivery.drain_timeout (30 s) before kill.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/postern"]
CMD ["serve", "--config", "/etc/postern/postern.yaml"]
