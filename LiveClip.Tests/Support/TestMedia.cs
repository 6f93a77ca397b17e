using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using LiveClip.Core.Ffmpeg;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveClip.Tests.Support;

/// <summary>
/// A source whose every picture carries its own number as a <see cref="BarCode"/> and whose sound has a 1 kHz tick at each whole second,
/// as H.264 and AAC in a file: made once per test run for each set of parameters.
/// </summary>
public sealed record TestMedia
{
    private static readonly ConcurrentDictionary<(TestMedia Media, string Format), Lazy<Task<string>>> Files = new();
    private static readonly Lazy<TempFolder> Folder = new(() =>
    {
        var folder = new TempFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder;
    });

    /// <summary>20 s of 640×360 at 30 pictures a second, a sync sample every 2 s, two B-frames.</summary>
    public static TestMedia Default { get; } = new();

    public int Width { get; init; } = 640;

    public int Height { get; init; } = 360;

    /// <summary>Pictures a second, as a fraction: (30000, 1001) for 29.97.</summary>
    public (int Numerator, int Denominator) FrameRate { get; init; } = (30, 1);

    public int Seconds { get; init; } = 20;

    /// <summary>Pictures from one sync sample to the next.</summary>
    public int Gop { get; init; } = 60;

    public int BFrames { get; init; } = 2;

    /// <summary>More of x264's own parameters, such as <c>open-gop=1:ref=4</c>.</summary>
    public string X264Params { get; init; } = "";

    public bool Audio { get; init; } = true;

    /// <summary>The number in the first picture, to tell two sources apart.</summary>
    public int FirstNumber { get; init; }

    public int PictureCount => Seconds * FrameRate.Numerator / FrameRate.Denominator;

    /// <summary>A file that <see cref="FfmpegPublisher"/> can publish.</summary>
    public Task<string> FlvAsync() => FileAsync("flv");

    public Task<string> Mp4Async() => FileAsync("mp4");

    private Task<string> FileAsync(string format) => Files.GetOrAdd((this, format), key => new(() => key.Media.MakeAsync(key.Format))).Value;

    private async Task<string> MakeAsync(string format)
    {
        var file = Folder.Value.File($"{Guid.NewGuid():N}.{format}");
        var pipe = new Pipe();
        var drawing = DrawAsync(pipe.Writer);
        var runner = new FfmpegRunner(NullLogger<FfmpegRunner>.Instance, TimeProvider.System);
        await runner.RunAsync(
            Encode().With("-f", format).Output(file), TimeSpan.FromMinutes(2), pipe.Reader.AsStream(), null, CancellationToken.None);
        await drawing;
        return file;
    }

    private FfmpegArguments Encode()
    {
        var seconds = Seconds.ToString(CultureInfo.InvariantCulture);
        var gop = Gop.ToString(CultureInfo.InvariantCulture);
        var pictures = FfmpegArguments.Quiet
            .With("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", $"{Width}x{Height}")
            .With("-r", $"{FrameRate.Numerator}/{FrameRate.Denominator}", "-i", "pipe:0");
        var media = Audio
            ? pictures.With("-f", "lavfi", "-i", $"aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.04)':s=48000:d={seconds}")
                .With("-c:a", "aac", "-b:a", "128k", "-ac", "2")
            : pictures;
        var video = media
            .With("-c:v", "libx264", "-preset", "veryfast", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0")
            .With("-bf", BFrames.ToString(CultureInfo.InvariantCulture));
        return X264Params.Length > 0 ? video.With("-x264-params", X264Params) : video;
    }

    private async Task DrawAsync(PipeWriter pictures)
    {
        var lumaBytes = Width * Height;
        var picture = new byte[lumaBytes * 3 / 2];
        picture.AsSpan(lumaBytes).Fill(128); // no colour
        for (var index = 0; index < PictureCount; index++)
        {
            DrawBackground(picture, FirstNumber + index);
            BarCode.Draw(picture, Width, Height, FirstNumber + index);
            if ((await pictures.WriteAsync(picture)).IsCompleted)
            {
                break; // ffmpeg has ended: its exit code says why
            }
        }
        await pictures.CompleteAsync();
    }

    /// <summary>Diagonal bands that wander, so that pictures depend on each other the way that those of a camera do.</summary>
    private void DrawBackground(Span<byte> luma, int number)
    {
        for (var y = 0; y < Height; y++)
        {
            var row = luma.Slice(y * Width, Width);
            for (var x = 0; x < Width; x++)
            {
                row[x] = (byte)(64 + (x + y + 2 * number & 127));
            }
        }
    }
}
