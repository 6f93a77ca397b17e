using System.Text.Json;
using LiveClip.Tests.Support;
using Xunit;

namespace LiveClip.Tests.EndToEnd;

/// <summary>A clip's MP4 as somebody without login downloads it, compared with the source picture by picture and tick by tick.</summary>
internal static class ClipFile
{
    /// <summary>RTMP puts a picture up to half a millisecond beside n/fps, and the last one lasts as long as the one before.</summary>
    private const double Rounding = 0.0016;

    /// <summary>How far ffmpeg's onset of a tick may lie from the source's: the encoder's smear and the search's own grain.</summary>
    private const double TickTolerance = 0.012;

    /// <summary>
    /// The clip holds exactly the pictures that were asked for, each following on the one before. What the reply says of it is true to the
    /// frame.
    /// </summary>
    /// <param name="sourceStart">Where the source's first picture lies on the recording's timeline, seconds.</param>
    public static async Task HoldsAsync(
        JsonElement clip, TestMedia source, double start, double end, double sourceStart = 0)
    {
        var fps = source.FrameRate.Numerator / (double)source.FrameRate.Denominator;
        var delivered = clip.GetProperty("delivered");
        var deliveredStart = delivered.GetProperty("start").GetDouble();
        var first = Frame((start - sourceStart) * fps);
        var last = Frame((end - sourceStart) * fps) - 1;

        using var folder = new TempFolder();
        var file = await DownloadAsync(clip, folder);
        var numbers = (await DecodedVideo.FrameNumbersAsync(file)).Select(number => number - source.FirstNumber).ToList();

        Assert.Equal(Enumerable.Range(first, last - first + 1), numbers);
        Assert.Equal(delivered.GetProperty("frames").GetInt32(), numbers.Count);
        Assert.Equal(sourceStart + (first / fps), deliveredStart, Rounding);
        Assert.Equal(sourceStart + ((numbers[^1] + 1) / fps), delivered.GetProperty("end").GetDouble(), Rounding);
        Assert.Equal(delivered.GetProperty("end").GetDouble() - deliveredStart, clip.GetProperty("duration").GetDouble(), Rounding);
        await PlaysEvenlyAsync(file, fps);
        await TicksAsync(file, source, first / fps, (numbers[^1] + 1) / fps);
    }

    public static async Task<string> DownloadAsync(JsonElement clip, TempFolder folder)
    {
        using var anyone = new HttpClient();
        var file = folder.File($"{Guid.NewGuid():N}.mp4");
        await File.WriteAllBytesAsync(file, await anyone.GetByteArrayAsync(new Uri(clip.GetProperty("mp4Url").GetString()!)));
        return file;
    }

    private static async Task PlaysEvenlyAsync(string file, double fps)
    {
        var times = await DecodedVideo.PresentationTimesAsync(file);
        for (var i = 0; i < times.Count; i++)
        {
            Assert.Equal(i / fps, times[i].TotalSeconds, Rounding);
        }
    }

    /// <summary>The source ticks at each of its own whole seconds; a tick in the first moment may have lost its beginning.</summary>
    private static async Task TicksAsync(string file, TestMedia source, double from, double to)
    {
        var expected = (await SourceTicksAsync(source)).Select(time => time - from).Where(IsWhole).ToList();
        var heard = (await DecodedAudio.TickTimesAsync(file)).Select(time => time.TotalSeconds).Where(IsWhole).ToList();
        Assert.Equal(expected.Count, heard.Count);
        foreach (var (sent, time) in expected.Zip(heard))
        {
            Assert.Equal(sent, time, TickTolerance);
        }

        bool IsWhole(double time) => time > 0.1 && time < to - from - 0.1;
    }

    /// <summary>Counted from the first picture, as the timeline is.</summary>
    private static async Task<IEnumerable<double>> SourceTicksAsync(TestMedia source)
    {
        var file = await source.FlvAsync();
        var zero = (await DecodedVideo.PresentationTimesAsync(file))[0];
        return (await DecodedAudio.TickTimesAsync(file)).Select(time => (time - zero).TotalSeconds);
    }

    /// <summary>A point names the picture that begins with it, else the next one.</summary>
    private static int Frame(double frames) => (int)Math.Ceiling(frames - 0.05);
}
