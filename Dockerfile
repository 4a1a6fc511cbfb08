# Builds the executable, then puts it alone into a small image.
#   docker build -t livesyte . && docker run -p 8000:8000 -v livesyte:/data livesyte
# Cameras and video files need FFmpeg, which makes an image that may not be passed on (docs/dependencies.md):
#   docker build --build-arg COMPILE_OPTIONS=--video -t livesyte .
FROM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY . .
RUN deno task setup
ARG COMPILE_OPTIONS=""
RUN deno task compile $COMPILE_OPTIONS --output /livesyte

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home livesyte && install -d -o livesyte /data
COPY --from=build /livesyte /usr/local/bin/livesyte
USER livesyte
WORKDIR /data
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LIVESYTE_CACHE=/data/cache
EXPOSE 8000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s CMD bash -c 'exec 3<>/dev/tcp/127.0.0.1/$PORT; printf "GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n" >&3; head -1 <&3 | grep -q 200'
ENTRYPOINT ["livesyte"]
CMD ["serve"]
