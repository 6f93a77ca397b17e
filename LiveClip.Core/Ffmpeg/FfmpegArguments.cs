using System.Collections.Immutable;
using System.Globalization;

namespace LiveClip.Core.Ffmpeg;

/// <summary>
/// The argument list of one ffmpeg run: immutable, and a list throughout, so that a name with quotes, newlines or a leading dash is
/// never more than the one argument it was meant to be.
/// </summary>
public sealed class FfmpegArguments
{
    private const string MonospaceFont = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";

    private const string FileProtocol = "file:";

    private readonly ImmutableArray<string> _arguments;

    private FfmpegArguments(ImmutableArray<string> arguments) => _arguments = arguments;

    /// <summary>What every run begins with: no keyboard, no banner, and nothing on stderr but errors.</summary>
    public static FfmpegArguments Quiet { get; } = new(["-nostdin", "-hide_banner", "-v", "error"]);

    public IReadOnlyList<string> List => _arguments;

    /// <summary>Whether it reads or writes files, and not only pipes.</summary>
    public bool UsesFiles => _arguments.Any(argument => argument.StartsWith(FileProtocol, StringComparison.Ordinal));

    public FfmpegArguments With(params ReadOnlySpan<string> arguments) => new(_arguments.AddRange(arguments));

    /// <summary>
    /// One of our own MP4 files as input. The whitelists keep a file that is something else (a playlist, a concat script) from making
    /// ffmpeg open other files or the network, and from reaching decoders that we never need.
    /// </summary>
    public FfmpegArguments Mp4Input(string path) => With(
        "-protocol_whitelist", "file", "-format_whitelist", "mov,mp4", "-codec_whitelist", "h264,aac", "-i", $"{FileProtocol}{path}");

    public FfmpegArguments Output(string path) => With("-y", $"{FileProtocol}{path}");

    /// <summary>
    /// The picture that is on screen at a time of a clip, as a JPEG at most 640 pixels wide. A time past the end makes the run fail.
    /// </summary>
    public static FfmpegArguments Poster(string clipPath, TimeSpan at, string jpegPath) => Quiet
        // The exact seek of ffmpeg drops every picture before the time, also the one still on screen then. So it seeks to the sync
        // sample, and the fps filter, which holds each picture until the next, yields what is there at 0 (within half a millisecond).
        .With("-noaccurate_seek", "-ss", Seconds(at), "-threads", "1")
        .Mp4Input(clipPath)
        .With("-map", "0:v:0", "-filter_threads", "1", "-vf", "fps=1000:start_time=0:round=near,scale='min(640,iw)':-2")
        .With("-frames:v", "1", "-q:v", "3", "-abort_on", "empty_output", "-f", "image2", "-update", "1")
        .Output(jpegPath);

    /// <summary>
    /// Some pictures of an H.264 byte stream on stdin, encoded anew into one on stdout: the parts end to end, each picture one slice, each
    /// part beginning with an IDR picture.
    /// </summary>
    public static FfmpegArguments EncodePictures(PictureEncoding encoding)
    {
        var rate = $"{encoding.FrameRate.Numerator}/{encoding.FrameRate.Denominator}";
        var keys = string.Join('+', encoding.Parts.Select((_, i) => $"eq(n,{encoding.Parts.Take(i).Sum(part => part.Count)})"));
        var threads = Number(encoding.Threads);
        return Quiet
            .PicturesInput(threads, rate)
            .With("-vf", $"{Select(encoding.Parts)},{encoding.Filter}setpts=N/({rate})/TB", "-pix_fmt", encoding.PixelFormat)
            // The rate is told to the encoder, which would else believe what the source says of itself.
            .With("-enc_time_base", $"{encoding.FrameRate.Denominator}/{encoding.FrameRate.Numerator}")
            .With("-fps_mode", "passthrough", "-c:v", "libx264", "-threads", threads, "-preset", encoding.Preset, "-crf", "18")
            .With("-profile:v", encoding.Profile, "-force_key_frames", $"expr:{keys}", "-forced-idr", "1")
            .With("-x264-params", encoding.X264Params, "-flush_packets", "1", "-f", "h264", "pipe:1");
    }

    /// <summary>Some pictures of an H.264 byte stream on stdin, made one by a filter, as a JPEG on stdout.</summary>
    public static FfmpegArguments Jpeg(IReadOnlyList<(int First, int Count)> parts, string filter) => Quiet
        .PicturesInput(threads: "1", rate: "25")
        .With("-vf", $"{Select(parts)},{filter}", "-fps_mode", "passthrough", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4")
        .With("-abort_on", "empty_output", "-f", "image2pipe", "pipe:1");

    /// <summary>An AAC byte stream on stdin as one channel of signed 16-bit little-endian samples on stdout.</summary>
    public static FfmpegArguments Levels(int sampleRate) => Quiet
        .SoundInput()
        .With("-ac", "1", "-ar", Number(sampleRate), "-f", "s16le", "pipe:1");

    /// <summary>A stretch of an AAC byte stream (ADTS) on stdin, encoded anew into one on stdout.</summary>
    /// <param name="start">Where it begins in the stream.</param>
    public static FfmpegArguments EncodeSound(TimeSpan start, TimeSpan length, int sampleRate, int channels)
    {
        var (from, to) = (Seconds(start), Seconds(start + length));
        return Quiet
            .SoundInput()
            .With("-af", $"atrim=start={from}:end={to},asetpts=PTS-{from}/TB,aresample={Number(sampleRate)}:first_pts=0")
            .With("-ac", Number(channels), "-c:a", "aac", "-b:a", Number(96_000 * Math.Min(channels, 4)), "-f", "adts", "pipe:1");
    }

    /// <summary>
    /// An endless encoder for demonstrations, in real time on stdout as FLV: 720p30 H.264 at 2 Mbit/s without B-frames, a sync sample
    /// every 2 s, the wall clock and the frame's number in the picture, a tick in the sound at each whole second.
    /// </summary>
    public static FfmpegArguments DemoSource()
    {
        // One picture, drawn once and scrolled: a fifth of a core with the encoding. Sources that draw each picture cost several times that.
        var background = "gradients=s=1280x720:r=30:n=4:c0=0x0b132b:c1=0x8a508b:c2=0x5bc0be:c3=0x0b132b:x0=0:y0=360:x1=1279:y1=360"
            + ",format=yuv420p,trim=end_frame=1,noise=c0s=5,loop=-1:1:0,setpts=N/30/TB,scroll=h=0.003125";
        var font = File.Exists(MonospaceFont) ? $"fontfile={MonospaceFont}:" : "";
        var clock = $@"drawtext={font}text='%{{localtime\:%T}}':fontsize=120:fontcolor=white:x=(w-text_w)/2:y=250";
        var counter = $@"drawtext={font}text='frame %{{eif\:n\:d\:7}}':fontsize=48:fontcolor=white:x=(w-text_w)/2:y=410";
        var ticks = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.04)':s=48000";
        return Quiet
            .With("-re", "-f", "lavfi", "-i", $"{background},{clock},{counter}[out0];{ticks}[out1]")
            .With("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", "0", "-pix_fmt", "yuv420p")
            .With("-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "2M")
            .With("-c:a", "aac", "-b:a", "128k")
            .With("-f", "flv", "-flvflags", "no_duration_filesize", "-flush_packets", "1", "pipe:1");
    }

    /// <summary>
    /// An H.264 byte stream on stdin. Strict, so that pictures are put in order by the most that the level allows where the stream does not
    /// tell: none is lost. What it is is known: it is not decoded an additional time to find out (an eighth of a short run).
    /// </summary>
    private FfmpegArguments PicturesInput(string threads, string rate) => this
        .With("-protocol_whitelist", "pipe", "-format_whitelist", "h264", "-codec_whitelist", "h264", "-threads", threads)
        .With("-strict", "strict", "-probesize", "32", "-framerate", rate, "-f", "h264", "-i", "pipe:0", "-an", "-filter_threads", "1");

    /// <summary>An AAC byte stream (ADTS) on stdin.</summary>
    private FfmpegArguments SoundInput() => this
        .With("-protocol_whitelist", "pipe", "-format_whitelist", "aac", "-codec_whitelist", "aac", "-threads", "1")
        .With("-f", "aac", "-i", "pipe:0", "-vn", "-filter_threads", "1");

    private static string Select(IReadOnlyList<(int First, int Count)> parts) =>
        $"select='{string.Join('+', parts.Select(part => $"between(n,{part.First},{part.First + part.Count - 1})"))}'";

    public override string ToString() => string.Join(' ', _arguments);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
