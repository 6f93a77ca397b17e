using System.Globalization;
using LiveClip.Core.Catalog;
using LiveClip.Core.Clips;
using LiveClip.Core.Recordings;
using LiveClip.Tests.Recordings;
using LiveClip.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace LiveClip.Tests.Clips;

/// <summary>
/// Cuts at random places out of what real encoders make: the numbers in the pictures, and of those that were copied every byte, are
/// compared with what went in.
/// </summary>
public sealed class SmartCutTests : IDisposable
{
    private const int SampleRate = 48_000;

    /// <summary>Samples in one of AAC's.</summary>
    private const int Packet = 1024;

    private static readonly Type[] Parts = [typeof(RecorderHost), typeof(ClipWorker)];

    private static readonly TestMedia Base = TestMedia.Default with { Width = 320, Height = 180, Seconds = 10 };

    /// <summary>What OBS makes of its defaults: a constant bit rate, 250 pictures from one sync sample to the next.</summary>
    private static readonly TestMedia Obs = Base with
    {
        Seconds = 12,
        Width = 1280,
        Height = 720,
        Gop = 250,
        BFrames = 3,
        X264Params = "bitrate=2500:vbv-maxrate=2500:vbv-bufsize=2500:nal-hrd=cbr:b-pyramid=normal",
    };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, TestMedia> Sources => new()
    {
        { "GOP of 1 s, no B-frames", Base with { Gop = 30, BFrames = 0 } },
        { "GOP of 2 s, two B-frames", Base },
        { "GOP of 8 s, three B-frames, pyramid", Base with { Seconds = 12, Gop = 240, BFrames = 3, X264Params = "b-pyramid=normal" } },
        { "GOP of 250 pictures", Base with { Seconds = 12, Gop = 250 } },
        { "open GOP, three B-frames, pyramid", Base with { Gop = 48, BFrames = 3, X264Params = "open-gop=1:b-pyramid=normal" } },
        { "open GOP, CAVLC", Base with { Gop = 45, X264Params = "open-gop=1:cabac=0:8x8dct=0" } },
        { "25, CAVLC Main", Base with { FrameRate = (25, 1), Gop = 50, X264Params = "cabac=0:8x8dct=0" } },
        { "Baseline, three references", Base with { BFrames = 0, X264Params = "cabac=0:8x8dct=0:weightp=0:ref=3" } },
        { "four slices, no reordering", Base with { BFrames = 0, X264Params = "slices=4:sync-lookahead=0:rc-lookahead=0" } },
        { "four slices, two B-frames", Base with { X264Params = "slices=4" } },
        { "strict pyramid, four references", Base with { BFrames = 3, X264Params = "b-pyramid=strict:b-adapt=2:ref=4" } },
        { "weighted prediction", Base with { BFrames = 3, X264Params = "b-pyramid=normal:ref=4:weightp=2:weightb=1" } },
        { "eight B-frames in a row", Base with { BFrames = 8, Gop = 120, X264Params = "b-pyramid=normal:b-adapt=0" } },
        { "parameter sets and delimiters in each GOP", Base with { X264Params = "repeat-headers=1:aud=1" } },
        { "other quantizers and filters", Base with { X264Params = "constrained-intra=1:chroma-qp-offset=-3:deblock=-2,2" } },
        { "23.976", Base with { FrameRate = (24_000, 1001), Gop = 48 } },
        { "29.97", Base with { FrameRate = (30_000, 1001) } },
        { "50, every picture a sync sample", Base with { FrameRate = (50, 1), Gop = 1, BFrames = 0 } },
        { "59.94", Base with { FrameRate = (60_000, 1001), Gop = 120, BFrames = 3 } },
        { "640x360", Base with { Width = 640, Height = 360, X264Params = "no-deblock=1" } },
        { "OBS, 1280x720", Obs },
        { "1920x1080", Base with { Seconds = 5, Width = 1920, Height = 1080, BFrames = 3 } },
    };

    /// <summary>LIVECLIP_CUTS says how many in all, LIVECLIP_SEED repeats a run; <c>cut-matrix.sh</c> makes 2,000.</summary>
    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Whatever_the_points_every_picture_is_the_one_that_was_asked_for(string what, TestMedia media)
    {
        var cuts = Number("LIVECLIP_CUTS", 308);
        var seed = Number("LIVECLIP_SEED", 1);
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await media.FlvAsync());
        var source = await DecodedMedia.ReadAsync(await media.FlvAsync());
        var (coded, decoded) = (source.Coded.ToHashSet(), source.Decoded.ToHashSet());
        var rate = media.FrameRate.Numerator / (double)media.FrameRate.Denominator;
        var random = new Random(seed + what.Length);
        var kept = 0;
        for (var i = 0; i < (cuts + Sources.Count - 1) / Sources.Count; i++)
        {
            var first = i == 1 ? 0 : random.Next(media.PictureCount - 10);
            var count = i % 5 == 0 ? random.Next(1, 5) : random.Next(1, media.PictureCount - first);
            // A third lies exactly at n/fps, the others anywhere between two pictures.
            var off = i % 3 == 0 ? 0 : (0.2 + (0.6 * random.NextDouble())) / rate;
            var range = new TimelineRange(Math.Max(0, (first / rate) - off), ((first + count) / rate) - off);

            var clip = await MakeAsync(core, new ClipRequest(stream.Id, range, "test", recording.Id));

            var cut = $"{what}, {first} and {count} more, seed {seed}";
            Assert.True((ClipStatus.Ready, null) == (clip.Status, clip.Error), $"{cut}: {clip.Error}");
            var file = await DecodedMedia.ReadAsync(core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!);
            Assert.True(Enumerable.Range(first, count).SequenceEqual(file.Numbers), $"{cut}: {string.Join(' ', file.Numbers)}");
            Assert.Equal(count, clip.DeliveredFrames);
            Assert.All(file.Times.Select((time, n) => time.TotalSeconds - (n / rate)), late => Assert.Equal(0, late, 0.000_01));
            // In front of its first picture a recording has no sound: of what is heard first, the decoder has the second half only.
            var unknown = first / rate < 2 * Packet / (double)SampleRate ? Packet : 0;
            var heard = (int)Math.Round((source.Times[0].TotalSeconds + (first / rate)) * SampleRate);
            AssertSound(cut, source.Sound.AsSpan((heard + unknown)..), file.Sound.AsSpan(Math.Min(unknown, file.Sound.Length)..));

            var least = count - media.Gop - Math.Max(4, media.BFrames + 1);
            AssertCopied("shown", file.Decoded.Count(decoded.Contains));
            if (!media.X264Params.Contains("open-gop", StringComparison.Ordinal))
            {
                AssertCopied("coded", file.Coded.Count(coded.Contains));
            }

            kept += CutReport.Parse(clip.Report)!.FramesCopied;

            void AssertCopied(string how, int same) => Assert.True(same >= least, $"{cut}: {same} are {how} as they were, not {least}");
        }

        // A matrix in which everything was encoded anew would show nothing; of a few cuts that may be so.
        Assert.True(kept > 0 || cuts < 10 * Sources.Count, what);
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>
    /// The source's, at most a millisecond off; at the end a decoder has less to go by, and noise it makes up itself. A sample's shift of
    /// the source's loud ticks makes a difference of 2,000.
    /// </summary>
    private static void AssertSound(string cut, ReadOnlySpan<short> source, ReadOnlySpan<short> clip)
    {
        const int Millisecond = SampleRate / 1000;
        const int Noise = 600;
        var length = Math.Min(source.Length, clip.Length) - (2 * Packet) - Millisecond;
        var least = int.MaxValue;
        for (var late = -Millisecond; length > 0 && late <= Millisecond && least > Noise; late++)
        {
            var most = 0;
            for (var i = Millisecond; i < Millisecond + length; i++)
            {
                most = Math.Max(most, Math.Abs(source[i + late] - clip[i]));
            }

            least = Math.Min(least, most);
        }

        Assert.True(length <= 0 || least <= Noise, $"{cut}: of {length} samples one is {least} off");
    }

    private static async Task<Clip> MakeAsync(CoreServices core, ClipRequest request)
    {
        var answer = await core.Get<ClipQueue>().CreateAsync(request, CoreServices.Token);
        Assert.True(answer.Clip is not null, answer.Refusal?.Message);
        return await Eventually.SomeAsync(
            async () =>
            {
                await using var context = core.Read();
                return await context.Clips.AsNoTracking().SingleAsync(clip => clip.Id == answer.Clip.Id, CoreServices.Token)
                    is { Status: ClipStatus.Ready or ClipStatus.Failed } done ? done : null;
            },
            FlvPublish.Bound);
    }
}
