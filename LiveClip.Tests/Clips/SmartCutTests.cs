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
    private static readonly Type[] Parts = [typeof(RecorderHost), typeof(ClipWorker)];

    private static readonly TestMedia Base = TestMedia.Default with { Seconds = 10 };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, TestMedia> Sources => new()
    {
        { "GOP of 1 s, no B-frames", Base with { Gop = 30, BFrames = 0 } },
        { "GOP of 2 s, two B-frames", Base },
        { "GOP of 8 s, three B-frames, pyramid", Base with { Gop = 240, BFrames = 3, X264Params = "b-pyramid=normal" } },
        { "open GOP, three B-frames, pyramid", Base with { Gop = 48, BFrames = 3, X264Params = "open-gop=1:b-pyramid=normal" } },
        { "CAVLC Main", Base with { FrameRate = (25, 1), Gop = 50, X264Params = "cabac=0:8x8dct=0" } },
        { "four slices, no reordering", Base with { BFrames = 0, X264Params = "slices=4:sync-lookahead=0:rc-lookahead=0" } },
        { "23.976", Base with { FrameRate = (24_000, 1001), Gop = 48 } },
        { "59.94", Base with { FrameRate = (60_000, 1001), Gop = 120, BFrames = 3 } },
        { "50, every picture a sync sample", Base with { FrameRate = (50, 1), Gop = 1, BFrames = 0 } },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public async Task Whatever_the_points_every_picture_is_the_one_that_was_asked_for(string what, TestMedia media)
    {
        await using var core = await CoreServices.StartAsync(_folder, started: Parts);
        var stream = await core.CreateStreamAsync();
        var recording = await core.RecordAsync(stream, await media.FlvAsync());
        var (coded, decoded) = (await HashesAsync(await media.FlvAsync(), "copy"), await HashesAsync(await media.FlvAsync(), "rawvideo"));
        var heard = await DecodedAudio.SamplesAsync(await media.FlvAsync());
        var zero = (await DecodedVideo.PresentationTimesAsync(await media.FlvAsync()))[0].TotalSeconds;
        var rate = media.FrameRate.Numerator / (double)media.FrameRate.Denominator;
        var random = new Random(what.Length);
        for (var i = 0; i < 6; i++)
        {
            var first = random.Next(media.PictureCount - 10);
            var count = i == 0 ? random.Next(1, 5) : random.Next(1, media.PictureCount - first);
            // A third lies exactly at n/fps, the others anywhere between two pictures.
            var off = i % 3 == 0 ? 0 : 0.5 / rate;
            var range = new TimelineRange(Math.Max(0, (first / rate) - off), ((first + count) / rate) - off);

            var clip = await MakeAsync(core, new ClipRequest(stream.Id, range, "test", recording.Id));

            Assert.True((ClipStatus.Ready, null) == (clip.Status, clip.Error), $"{what}, {first} and {count} more: {clip.Error}");
            var file = core.Get<ClipStore>().FindVideo(clip.Id, clip.Version)!;
            Assert.Equal(Enumerable.Range(first, count), await DecodedVideo.FrameNumbersAsync(file));
            Assert.Equal(count, clip.DeliveredFrames);
            var shown = await DecodedVideo.PresentationTimesAsync(file);
            Assert.All(shown.Select((time, n) => time.TotalSeconds - (n / rate)), late => Assert.Equal(0, late, 0.000_01));
            var sound = await DecodedAudio.SamplesAsync(file);
            AssertSound(heard.AsSpan((int)Math.Round((zero + (first / rate)) * 48_000)..), sound);
            await AssertCopiedAsync("rawvideo", decoded);
            if (!media.X264Params.Contains("open-gop", StringComparison.Ordinal))
            {
                await AssertCopiedAsync("copy", coded);
            }

            async Task AssertCopiedAsync(string codec, HashSet<string> source)
            {
                var copied = (await HashesAsync(file, codec)).Count(source.Contains);
                Assert.True(copied >= count - media.Gop - 4, $"{what}, {first} and {count} more: {copied} are as they were ({codec})");
            }
        }
    }

    /// <summary>
    /// The source's, at most a millisecond off; at the end a decoder has less to go by, and noise it makes up itself. A sample's shift of
    /// the source's loud ticks makes a difference of 2,000.
    /// </summary>
    private static void AssertSound(ReadOnlySpan<short> source, ReadOnlySpan<short> clip)
    {
        const int Millisecond = 48;
        const int Packet = 1024;
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

        Assert.True(length <= 0 || least <= Noise, $"Of {length} samples one is {least} off");
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

    /// <summary>A hash of each picture, coded or decoded.</summary>
    private static async Task<HashSet<string>> HashesAsync(string file, string codec)
    {
        var ffmpeg = await ChildProcess.RunAsync(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-i", file, "-map", "0:v:0", "-c", codec, "-fps_mode", "passthrough",
                "-f", "framehash", "-hash", "md5", "pipe:1",
            ],
            TimeSpan.FromMinutes(1));
        return [.. ffmpeg.Lines.Where(line => !line.StartsWith('#')).Select(line => line.Split(',')[^1].Trim())];
    }
}
