namespace LiveClip.Benchmarks;

/// <summary>A page that plays a stream with hls.js as it comes and says which picture was on its canvas when.</summary>
internal static class CanvasPage
{
    /// <summary>Of the bar code: one column of boxes a bit, least significant first, white above or below.</summary>
    public const int Bits = 10;

    public static string For(Uri playlist) =>
        $$"""
        <!doctype html>
        <meta charset="utf-8">
        <video muted playsinline></video>
        <script src="/hls.js"></script>
        <script>
          const video = document.querySelector('video');
          const canvas = new OffscreenCanvas({{Bits}} * 4, 8);
          const context = canvas.getContext('2d', { willReadFrequently: true });
          let seen = [];
          let last = -1;
          function read() {
            video.requestVideoFrameCallback(read);
            // The top quarter holds the code.
            context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 4, 0, 0, canvas.width, canvas.height);
            const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
            const isWhite = (x, y) => pixels[(y * canvas.width + x) * 4] > 128;
            let number = 0;
            for (let bit = 0; bit < {{Bits}}; bit++) {
              const x = bit * 4 + 1;
              if (isWhite(x, 2) === isWhite(x, 6)) {
                return;
              }
              number += isWhite(x, 2) ? 2 ** bit : 0;
            }
            if (number !== last) {
              seen.push([number, performance.timeOrigin + performance.now()]);
              last = number;
            }
          }
          video.requestVideoFrameCallback(read);
          setInterval(() => {
            fetch('/seen', { method: 'POST', body: JSON.stringify(seen) });
            seen = [];
          }, 500);
          // Whoever fell behind at the start catches up, whichever server it is.
          const hls = new Hls({ maxLiveSyncPlaybackRate: 1.5 });
          hls.loadSource('{{playlist}}');
          hls.attachMedia(video);
          hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
        </script>
        """;
}
